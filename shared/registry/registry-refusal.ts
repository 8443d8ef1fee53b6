/**
 * Why the registry does not do what it is asked for. None of them passes by itself.
 *
 * - `not-found`: there is no such item.
 * - `conflict`: the item was changed since the caller saw it. Reading it again, and deciding again, helps.
 * - `exists`: there is one already.
 * - `in-use`: others need it; `users` has their ids.
 * - `invalid`: the values are not allowed; `fields` says why, each.
 */
export type RefusalCode = 'not-found' | 'conflict' | 'exists' | 'in-use' | 'invalid';

/** A refusal, for the caller to show. Told by its name and code, never by `instanceof` alone. */
export class RegistryRefusal extends Error {
  override name = 'RegistryRefusal';
  readonly code: RefusalCode;
  /** What is wrong, by field. */
  readonly fields: Readonly<Record<string, string>>;
  /** Ids of the plugin configs that are in the way. */
  readonly users: readonly number[];

  constructor(code: RefusalCode, message: string, more: { fields?: Record<string, string>; users?: number[] } = {}) {
    super(message);
    this.code = code;
    this.fields = more.fields ?? {};
    this.users = more.users ?? [];
  }
}

/** The refusal's code; null for any other error. */
export function refusalCode(error: unknown): RefusalCode | null {
  const { name, code } = error as Partial<RegistryRefusal>;
  return name === 'RegistryRefusal' && code !== undefined ? code : null;
}

export function notFound(what: string): RegistryRefusal {
  return new RegistryRefusal('not-found', `There is no ${what}`);
}

export function conflict(what: string): RegistryRefusal {
  return new RegistryRefusal('conflict', `The ${what} was changed in the meantime: read it again, and decide again`);
}

/** All problems in one refusal; none: no refusal. @throws RegistryRefusal */
export function refuseInvalid(what: string, fields: Record<string, string>): void {
  const problems = Object.entries(fields);
  if (problems.length === 0) return;
  const lines = problems.map(([field, problem]) => `- ${field}: ${problem}`).join('\n');
  throw new RegistryRefusal('invalid', `The ${what} cannot be stored:\n${lines}`, { fields });
}
