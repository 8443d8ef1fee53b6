import { hkdfSync } from 'node:crypto';
import type { DataKey } from './envelope.ts';

/** The keys of a deployment, as they stand in one secret of Secrets Manager. */
export interface DataKeys {
  /** The key that writes. @throws when the secret cannot be read, or has none. */
  newest(): Promise<DataKey>;
  /** The key of this id. @throws when the secret cannot be read, or does not have it. */
  byId(id: string): Promise<DataKey>;
}

export interface DataKeysDeps {
  /** The secret's text: `{"current": "k2", "k2": "…", "k1": "…"}`. Its errors must name no secret. */
  readSecret(): Promise<string>;
  /** Milliseconds that only grow. */
  clock: () => number;
}

/** A rotation is followed by those who write within so long. */
const NEWEST_FOR_MILLISECONDS = 5 * 60_000;

/** A key that was looked for, and was not there, is looked for no more often than this: it may have been put there since. */
const SEARCH_EVERY_MILLISECONDS = 30_000;

/** Letters and digits; 43 of them are 256 bits. */
const LEAST_CHARACTERS = 43;

interface Loaded {
  at: number;
  current: string;
  keys: ReadonlyMap<string, DataKey>;
}

/** Keys in memory: nothing is read before the first one is needed, then as seldom as can be. A failure is not remembered. */
export function createDataKeys({ readSecret, clock }: DataKeysDeps): DataKeys {
  let loading: Promise<Loaded> | null = null;
  let loaded: Loaded | null = null;
  const missedAt = new Map<string, number>();

  const load = async (): Promise<Loaded> => {
    loading ??= readSecret().then((text) => ({ at: clock(), ...parseKeys(text) }));
    try {
      loaded = await loading;
      return loaded;
    } finally {
      loading = null;
    }
  };
  const isYounger = (at: number | undefined, milliseconds: number) => at !== undefined && clock() - at < milliseconds;

  return {
    async newest() {
      const { keys, current } =
        loaded !== null && isYounger(loaded.at, NEWEST_FOR_MILLISECONDS) ? loaded : await load();
      return keys.get(current) as DataKey;
    },

    async byId(id) {
      const known = loaded?.keys.get(id);
      if (known !== undefined) return known;
      const wasMissed = isYounger(missedAt.get(id), SEARCH_EVERY_MILLISECONDS);
      const { keys } = loaded !== null && wasMissed ? loaded : await load();
      const found = keys.get(id);
      if (found !== undefined) return found;
      if (!wasMissed) missedAt.set(id, clock());
      throw new Error(
        `it was sealed with the key "${id}"; the secret with the keys has ${[...keys.keys()].join(', ')}`,
      );
    },
  };
}

/** @throws an error that shows nothing of what the secret holds but the names of keys. */
function parseKeys(text: string): Omit<Loaded, 'at'> {
  const { current, ...rest } = parseObject(text);
  const keys = new Map(
    Object.entries(rest).map(([id, value]) => {
      if (!/^[\w-]+$/.test(id) || typeof value !== 'string' || value.length < LEAST_CHARACTERS)
        throw new Error(
          `The secret with the keys has a bad key ${JSON.stringify(id)}: the name may have letters, digits, - and _, the value must be text of at least ${LEAST_CHARACTERS} characters`,
        );
      return [id, { id, bytes: new Uint8Array(hkdfSync('sha256', value, '', `hoglet data key ${id}`, 32)) }];
    }),
  );
  if (typeof current !== 'string' || !keys.has(current))
    throw new Error(
      `The secret with the keys must name the key that writes as "current"; it has ${[...keys.keys()].join(', ') || 'no keys'}`,
    );
  return { current, keys };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The parser's message would show the text.
  }
  throw new Error('The secret with the keys is no JSON object: {"current": "<id>", "<id>": "<43 random characters>"}');
}
