import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { Secrets } from '../secrets/secrets.ts';
import { type ChangeDeps, storeItem } from './change-item.ts';
import { readItem, readPartition } from './read-items.ts';
import { type ItemKey, KIND } from './registry-items.ts';
import { refuseInvalid } from './registry-refusal.ts';

export interface SourceTokensDeps extends ChangeDeps {
  secrets: Secrets;
}

/** A token as it may be shown. */
export interface SetSourceToken {
  name: string;
  /** ISO 8601. */
  setAt: string;
}

/** Tokens of the whole deployment for sites that plugins come from, by name: `npm`, `github`, `gitlab`. Nobody who follows the registry sees them. */
export interface SourceTokens {
  /** Those that are set, by name. */
  list(): Promise<SetSourceToken[]>;
  /** Keeps it sealed, in place of the one before. @throws RegistryRefusal `invalid` */
  set(name: string, token: string): Promise<SetSourceToken>;
  /** Null when none is set. @throws when it cannot be opened; the error names it, and does not show it */
  read(name: string): Promise<string | null>;
  /** Once is enough, and so is none. */
  unset(name: string): Promise<void>;
}

interface SourceTokenItem extends SetSourceToken {
  sealed: string;
}

/** What a header takes, which is where it goes. */
const FORM = /^[\x21-\x7e]{1,4096}$/;

export function createSourceTokens(deps: SourceTokensDeps): SourceTokens {
  return {
    async list() {
      const items = await readPartition<SourceTokenItem>(deps, KIND.sourceToken);
      return items.map(({ name, setAt }) => ({ name, setAt }));
    },

    async set(name, token) {
      refuseInvalid(
        'token',
        FORM.test(token) ? {} : { value: 'must have 1 to 4096 letters, digits and signs, and no space' },
      );
      const setAt = new Date(deps.now()).toISOString();
      const fields = { name, setAt, sealed: await deps.secrets.seal(placeOf(name), token) };
      await storeItem(deps, { key: keyOf(name), what: `token ${name}`, fields, expected: 'anything' });
      return { name, setAt };
    },

    async read(name) {
      const item = await readItem<SourceTokenItem>(deps, keyOf(name));
      return item === undefined ? null : String(await deps.secrets.open(placeOf(name), item.sealed));
    },

    async unset(name) {
      await deps.dynamodb.send(new DeleteCommand({ TableName: deps.table, Key: { ...keyOf(name) } }));
    },
  };
}

function keyOf(name: string): ItemKey {
  return { pk: KIND.sourceToken, sk: name };
}

function placeOf(name: string) {
  return [KIND.sourceToken, 0, name] as const;
}
