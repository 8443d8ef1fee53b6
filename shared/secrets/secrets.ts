import type { DataKeys } from './data-keys.ts';
import { keyIdOf, NONCE_BYTES, openText, type SecretPlace, sealText } from './envelope.ts';

/** Makes values unreadable for whoever has only the tables, and readable again. */
export interface Secrets {
  /** A value, anything JSON has, as a text that can be opened at this place only. The same value gives another text each time. */
  seal(place: SecretPlace, value: unknown): Promise<string>;
  /** @throws an error that names the place and the reason, and shows neither value nor sealed text. */
  open(place: SecretPlace, sealed: string): Promise<unknown>;
}

export interface SecretsDeps {
  keys: DataKeys;
  randomBytes: (size: number) => Uint8Array;
}

export function createSecrets({ keys, randomBytes }: SecretsDeps): Secrets {
  return {
    async seal(place, value) {
      return sealText(await keys.newest(), place, JSON.stringify(value), randomBytes(NONCE_BYTES));
    },

    async open(place, sealed) {
      try {
        const text = openText(await keys.byId(keyIdOf(sealed)), place, sealed);
        return JSON.parse(text);
      } catch (cause) {
        const [kind, id, field] = place;
        throw new Error(
          `The secret "${field}" of ${kind} ${id} cannot be opened: ${(cause as Error).message}. If that does not pass, enter it again.`,
          { cause },
        );
      }
    },
  };
}
