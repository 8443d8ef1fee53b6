import { createHash } from 'node:crypto';
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type ChangeDeps, storeItem } from './change-item.ts';
import { randomToken } from './random-token.ts';
import { readItem, readPartition } from './read-items.ts';
import { type ItemKey, KIND, orFalse } from './registry-items.ts';
import { notFound, refuseInvalid } from './registry-refusal.ts';

/** What a token may be used for: `admin` is everything; the others are for the token's projects. */
export const API_SCOPES = ['admin', 'project:read', 'project:write'] as const;
export type ApiScope = (typeof API_SCOPES)[number];

export interface NewApiToken {
  name: string;
  scopes: ApiScope[];
  /** Ids of the projects it is for. */
  projects: number[] | 'all';
}

/** A token as it may be shown: of the token itself nothing is kept but a hash. */
export interface ApiToken extends NewApiToken {
  /** The first half of the hash's first half, hex: enough to name it, of no use to whoever wants to use it. */
  id: string;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601, to the hour; null before the first time. */
  lastUsedAt: string | null;
  /** ISO 8601; null for one that works. */
  revokedAt: string | null;
}

/** Tokens of the admin API. */
export interface ApiTokens {
  /** Makes a token, `hog_` and 43 letters and digits, which is never shown again. @throws RegistryRefusal `invalid` */
  create(token: NewApiToken): Promise<{ token: string; shown: ApiToken }>;
  /** The token that somebody shows, in one read; null when there is none or it is revoked. */
  find(token: string): Promise<ApiToken | null>;
  /** Remembers that it was used, once an hour at most: the others cost no request. */
  markUsed(token: Pick<ApiToken, 'id' | 'lastUsedAt'>): Promise<void>;
  /** From now on it is worth nothing. Once is enough. @throws RegistryRefusal `not-found` */
  revoke(id: string): Promise<void>;
  /** All that there ever were, the newest first. */
  list(): Promise<ApiToken[]>;
}

export interface ApiTokensDeps extends ChangeDeps {
  randomBytes: (size: number) => Uint8Array;
}

/** 256 bits. */
const TOKEN_LETTERS = 43;
const ID_LETTERS = 16;
const USED_EVERY_MILLISECONDS = 3_600_000;
const MAX_NAME_CHARACTERS = 200;
const FORM = /^hog_[0-9A-Za-z]{43}$/;

export function createApiTokens(deps: ApiTokensDeps): ApiTokens {
  /** The key is the hash: who compares it learns nothing from the time that takes. */
  const keyOf = (token: string): ItemKey => ({ pk: KIND.apiToken, sk: hashOf(token) });

  const keyOfId = async (id: string): Promise<ItemKey> => {
    const { Items = [] } = await deps.dynamodb.send(
      new QueryCommand({
        TableName: deps.table,
        KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :id)',
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
        ExpressionAttributeValues: { ':pk': KIND.apiToken, ':id': id },
        ConsistentRead: true,
      }),
    );
    const [item] = Items.filter((each) => each['id'] === id);
    if (item === undefined) throw notFound(`API token ${id}`);
    return { pk: KIND.apiToken, sk: item['sk'] as string };
  };

  const setOnce = async (key: ItemKey, field: string, value: string, condition: string, values: object = {}) =>
    void (await orFalse(
      deps.dynamodb.send(
        new UpdateCommand({
          TableName: deps.table,
          Key: { ...key },
          UpdateExpression: 'SET #field = :value',
          ConditionExpression: `attribute_exists(#id) AND (${condition})`,
          ExpressionAttributeNames: { '#field': field, '#id': 'id' },
          ExpressionAttributeValues: { ':value': value, ...values },
        }),
      ),
    ));

  return {
    async create(given) {
      refuseInvalid('API token', problemsOf(given));
      const token = `hog_${randomToken(deps.randomBytes, TOKEN_LETTERS)}`;
      const { name, scopes, projects } = given;
      const fields = {
        id: hashOf(token).slice(0, ID_LETTERS),
        name: name.trim(),
        scopes,
        projects,
        createdAt: new Date(deps.now()).toISOString(),
      };
      // Twice the same token would take more than the age of the universe.
      await storeItem(deps, { key: keyOf(token), what: 'API token', fields, expected: 'anything' });
      return { token, shown: shown(fields) };
    },

    async find(token) {
      if (!FORM.test(token)) return null;
      const item = await readItem<ApiTokenItem>(deps, keyOf(token));
      return item === undefined || item.revokedAt !== undefined ? null : shown(item);
    },

    async markUsed({ id, lastUsedAt }) {
      const hour = new Date(Math.floor(deps.now() / USED_EVERY_MILLISECONDS) * USED_EVERY_MILLISECONDS).toISOString();
      if (lastUsedAt !== null && lastUsedAt >= hour) return;
      const isOlder = 'attribute_not_exists(#field) OR #field < :value';
      await setOnce(await keyOfId(id), 'lastUsedAt', hour, isOlder);
    },

    async revoke(id) {
      await setOnce(await keyOfId(id), 'revokedAt', new Date(deps.now()).toISOString(), 'attribute_not_exists(#field)');
    },

    async list() {
      const items = await readPartition<ApiTokenItem>(deps, KIND.apiToken);
      return items.map(shown).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    },
  };
}

type ApiTokenItem = Omit<ApiToken, 'lastUsedAt' | 'revokedAt'> & { lastUsedAt?: string; revokedAt?: string };

function shown({ id, name, scopes, projects, createdAt, lastUsedAt, revokedAt }: ApiTokenItem): ApiToken {
  return { id, name, scopes, projects, createdAt, lastUsedAt: lastUsedAt ?? null, revokedAt: revokedAt ?? null };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function problemsOf({ name, scopes, projects }: NewApiToken): Record<string, string> {
  const isNamed = name.trim() !== '' && name.length <= MAX_NAME_CHARACTERS;
  const areScopes = scopes.length > 0 && scopes.every((scope) => API_SCOPES.includes(scope));
  const areProjects = projects === 'all' || (projects.length > 0 && projects.every((id) => Number.isSafeInteger(id)));
  return {
    ...(!isNamed && { name: `must have 1 to ${MAX_NAME_CHARACTERS} characters` }),
    ...(!areScopes && { scopes: `must be some of ${API_SCOPES.join(', ')}; got ${JSON.stringify(scopes)}` }),
    ...(!areProjects && { projects: `must be ids of projects, or "all"; got ${JSON.stringify(projects)}` }),
  };
}
