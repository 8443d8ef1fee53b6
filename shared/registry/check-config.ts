import type { PluginManifest } from '../plugins/manifest.ts';

export type ConfigField = PluginManifest['config'][number];

/** What PostHog's API shows instead of a secret; sent back, it changes nothing. */
export const SECRET_MASK = '**************** POSTHOG SECRET FIELD ****************';

/** The fields of a plugin's settings, by key; of two with one key the latter. */
export function fieldsByKey({ config }: Pick<PluginManifest, 'config'>): ReadonlyMap<string, ConfigField> {
  return new Map(config.flatMap((field) => (field.key ? [[field.key, field]] : [])));
}

/** Keys whose values are write-only. */
export function secretKeys(manifest: Pick<PluginManifest, 'config'>): ReadonlySet<string> {
  const fields = [...fieldsByKey(manifest)];
  return new Set(fields.flatMap(([key, { secret, type }]) => (secret === true && type !== 'attachment' ? [key] : [])));
}

/** What a plugin config would have, as its owner sees it. */
export interface ConfigForm {
  /** Plain values. */
  values: Readonly<Record<string, unknown>>;
  /** Keys whose secret is set. */
  secrets: ReadonlySet<string>;
  /** Those of them that have just been entered. */
  entered?: ReadonlyMap<string, unknown>;
  /** Keys that have a file. */
  attachments: ReadonlySet<string>;
}

/**
 * Finds what is wrong with values, by key. Keys that plugin.json does not name are the plugin's own business, as in PostHog.
 *
 * @param complete whether fields that are required must be there: a plugin config may be filled in bit by bit until it is enabled
 */
export function problemsOfConfig(
  manifest: Pick<PluginManifest, 'config'>,
  form: ConfigForm,
  complete: boolean,
): Record<string, string> {
  const fields = fieldsByKey(manifest);
  const problems = new Map<string, string>();
  const keys = new Set([...Object.keys(form.values), ...form.secrets, ...form.attachments, ...fields.keys()]);
  for (const key of keys) {
    const problem = problemOfKey(key) ?? problemOfValue(key, fields.get(key), form, complete);
    if (problem !== null) problems.set(key, problem);
  }
  return Object.fromEntries(problems);
}

function problemOfKey(key: string): string | null {
  return key === '' || key === '__proto__' ? 'cannot be a key' : null;
}

function problemOfValue(
  key: string,
  field: ConfigField | undefined,
  form: ConfigForm,
  complete: boolean,
): string | null {
  const hasFile = form.attachments.has(key);
  const value = valueOf(form, key);
  if (field?.type === 'attachment') {
    if (value !== undefined && value !== '') return 'is a file: upload it as an attachment';
  } else if (field !== undefined && hasFile) return `takes no file: it is of type ${field.type ?? 'string'}`;
  if (isEmpty(value) && !hasFile)
    return complete && field !== undefined && isRequired(field, form) ? 'is required' : null;
  if (field === undefined) return null;
  if (!form.secrets.has(key)) return problemOfType(field, value, `; got ${shown(value)}`);
  return form.entered?.has(key) ? problemOfType(field, form.entered.get(key), '') : null;
}

/** @param got what is told of a wrong choice: of a secret, nothing */
function problemOfType({ type, choices = [] }: ConfigField, value: unknown, got: string): string | null {
  if (type === 'choice' && choices.length > 0 && !choices.includes(value as string))
    return `must be one of ${choices.join(', ')}${got}`;
  if ((type === 'string' || type === undefined) && typeof value === 'object')
    return `must be text; got ${Array.isArray(value) ? 'a list' : 'an object'}`;
  if (type === 'json' && typeof value === 'string') {
    try {
      JSON.parse(value);
    } catch {
      return 'must be JSON; got text that is none';
    }
  }
  return null;
}

/** Required, or required because of other fields; not while it is hidden because of others. */
function isRequired(
  { required, required_if: requiredIf, visible_if: visibleIf }: ConfigField,
  form: ConfigForm,
): boolean {
  const isVisible = conditionsOf(visibleIf)?.every((condition) => isMet(condition, form)) ?? true;
  const becomesRequired = conditionsOf(requiredIf)?.every((condition) => isMet(condition, form)) ?? false;
  return isVisible && (required === true || becomesRequired);
}

/** `[[key], [key, value]]`: the field has any value, or this one. Null for what is no list of these. */
function conditionsOf(conditions: unknown): [string, unknown?][] | null {
  const isList = Array.isArray(conditions) && conditions.every((each) => Array.isArray(each) && each.length > 0);
  return isList ? (conditions as [string, unknown?][]) : null;
}

function isMet([key, wanted]: [string, unknown?], form: ConfigForm): boolean {
  const actual = form.attachments.has(key) ? true : valueOf(form, key) || '';
  return wanted === undefined ? Boolean(actual) : wanted === actual;
}

/** A secret is set to something that equals nothing else. */
function valueOf({ values, secrets }: ConfigForm, key: string): unknown {
  if (secrets.has(key)) return SECRET_MASK;
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
