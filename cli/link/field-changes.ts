/** A field of plugin.json, as the API shows it. */
export interface Field {
  key?: string;
  default?: unknown;
  required?: boolean;
}

/** What an author's change of plugin.json means for a plugin config that is there. */
export interface FieldChanges {
  /** Values that the plugin config is to get. */
  values: Record<string, unknown>;
  /** For the author, one line each. */
  notes: string[];
}

/**
 * Compares the fields of two versions of a plugin. New fields get their defaults, and a value that was the default follows it. A value whose
 * field is gone stays, as it does where the plugin is installed: its owner may go back.
 *
 * @param config the values there are, by key; secrets and files as anything that is set
 */
export function fieldChanges(
  before: readonly Field[],
  after: readonly Field[],
  config: Readonly<Record<string, unknown>>,
  configId: number,
): FieldChanges {
  const [old, current] = [byKey(before), byKey(after)];
  const values = new Map<string, unknown>();
  const notes: string[] = [];
  const set = `npx hoglet config set ${configId}`;

  for (const [key, field] of current) {
    const was = old.get(key);
    const isSet = config[key] !== undefined && config[key] !== null && config[key] !== '';
    const hasDefault = field.default !== undefined && field.default !== '';
    const followed = was !== undefined && config[key] === was.default;
    if (was === undefined && !isSet && hasDefault) {
      values.set(key, field.default);
      notes.push(`plugin.json has a new field ${key}, set to its default ${shown(field.default)}`);
    } else if (was === undefined && !isSet) {
      const need = field.required === true ? 'is required and has no value' : 'has no value';
      notes.push(`plugin.json has a new field ${key}, which ${need}: ${set} ${key}=…`);
    } else if (was !== undefined && hasDefault && field.default !== was.default && (followed || !isSet)) {
      values.set(key, field.default);
      notes.push(`the default of ${key} is ${shown(field.default)} now, and so is its value`);
    } else if (was !== undefined && hasDefault && field.default !== was.default) {
      notes.push(`the default of ${key} is ${shown(field.default)} now; its value stays as it was set`);
    }
  }
  for (const key of old.keys()) {
    if (current.has(key)) continue;
    const kept = config[key] === undefined ? '' : `; its value stays until you take it away: ${set} ${key}:=null`;
    notes.push(`plugin.json has no field ${key} any more${kept}`);
  }
  return { values: Object.fromEntries(values), notes };
}

function byKey(fields: readonly Field[]): Map<string, Field> {
  return new Map(fields.flatMap((field) => (field.key ? [[field.key, field]] : [])));
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
