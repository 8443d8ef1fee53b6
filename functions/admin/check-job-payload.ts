import type { PluginManifest } from '../../shared/plugins/manifest.ts';
import type { FieldProblem } from './problem.ts';

type PublicJob = NonNullable<PluginManifest['publicJobs']>[string];

interface PayloadField {
  type?: unknown;
  required?: unknown;
  default?: unknown;
}

const isDate = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));

/** What plugin.json may say of a field's type, whether a value is one, and what it must be. Of other types anything is. */
const TYPES = new Map<unknown, [fits: (value: unknown) => boolean, expected: string]>([
  ['string', [(value) => typeof value === 'string', 'must be a text']],
  ['boolean', [(value) => typeof value === 'boolean', 'must be true or false']],
  ['number', [(value) => typeof value === 'number', 'must be a number']],
  ['date', [isDate, 'must be a date such as 2026-03-02']],
  [
    'daterange',
    [(value) => Array.isArray(value) && value.length === 2 && value.every(isDate), 'must be a list of two dates'],
  ],
]);

/**
 * Checks what a public job is to be given against what plugin.json says of it, and fills in defaults. A job of which it says nothing takes anything.
 *
 * @returns the payload, or what is wrong with it, by the field's name
 */
export function checkJobPayload(
  job: PublicJob | undefined,
  payload: Record<string, unknown>,
): { payload: Record<string, unknown> } | { problems: FieldProblem[] } {
  const declared = job?.['payload'];
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) return { payload };
  const fields = new Map(Object.entries(declared as Record<string, PayloadField | null>));
  const filled = { ...payload };
  const problems = Object.keys(payload)
    .filter((name) => !fields.has(name))
    .map((path) => ({ path, message: `there is no such field; ${listed([...fields.keys()])}` }));
  for (const [path, { type, required, default: standard } = {}] of entriesOf(fields)) {
    if (filled[path] === undefined && standard !== undefined) filled[path] = standard;
    const message = problemOf(filled[path], type, required === true);
    if (message !== null) problems.push({ path, message });
  }
  return problems.length > 0 ? { problems } : { payload: filled };
}

/** A few names, so that who mistyped one finds it. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'there are none' : `there are ${names.slice(0, 20).join(', ')}`;
}

function problemOf(value: unknown, type: unknown, isRequired: boolean): string | null {
  if (value === undefined || value === null || value === '') return isRequired ? 'is missing' : null;
  const [fits, expected] = TYPES.get(type) ?? [];
  return fits === undefined || fits(value) ? null : (expected ?? null);
}

/** What authors write where a field belongs may be anything. */
function entriesOf(fields: Map<string, PayloadField | null>): [string, PayloadField | undefined][] {
  return [...fields].map(([name, field]) => [name, typeof field === 'object' && field !== null ? field : undefined]);
}
