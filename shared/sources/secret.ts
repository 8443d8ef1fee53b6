import { inspect } from 'node:util';

/** What stands in place of a secret in any text. */
const REDACTED = '[secret]';

/** A token that cannot be written down by accident: as text, as JSON and in the console it is `[secret]`. */
export interface Secret {
  /** The token itself, for a header of a request and for the store of secrets. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/** Holds a token so that only `reveal` gives it away. Copies made by spreading or cloning it are without it. */
export function createSecret(value: string): Secret {
  const redact = () => REDACTED;
  return Object.freeze(
    Object.defineProperties({} as Secret, {
      reveal: { value: () => value },
      toString: { value: redact },
      toJSON: { value: redact },
      [inspect.custom]: { value: redact },
    }),
  );
}
