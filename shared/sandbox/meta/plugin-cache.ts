import { illegalOperation, PluginFacingError, type RealmValues } from '../realm-values.ts';
import type { CacheCommand } from '../service-calls.ts';
import type { CacheHost } from './cache.ts';
import type { CommandQueue } from './command-queue.ts';

export interface CacheOptions {
  /** False for values that are text already; true when absent. Earlier plugins say `jsonParse` when reading. */
  jsonSerialize?: boolean;
  jsonParse?: boolean;
}

/** Elements that one `lpush` takes, as in PostHog. */
const MAX_PUSHED = 1000;

/** `meta.cache`: Redis' commands with Redis' answers, on keys of the plugin config's own. */
export function createPluginCache(
  plugin: number,
  cache: CacheHost,
  commands: CommandQueue<CacheCommand>,
  realm: RealmValues,
): object {
  const get = async (name: unknown, defaultValue?: unknown, options?: CacheOptions): Promise<unknown> => {
    const key = String(name);
    // A read sees the plugin's own commands, awaited or not.
    await commands.settled(plugin, key);
    const text = await cache.read(plugin, key);
    if (text === null) return defaultValue ?? null;
    if (typeof text === 'object') throw new PluginFacingError(text.error.name, text.error.message);
    if (text === '') return null;
    if (options?.jsonSerialize === false || options?.jsonParse === false) return text;
    try {
      return realm.parse(text);
    } catch {
      return null;
    }
  };

  const set = async (name: unknown, value: unknown, ttl?: unknown, options?: CacheOptions): Promise<void> => {
    const text = options?.jsonSerialize === false ? rawText(value) : (JSON.stringify(value) ?? '');
    cache.write({
      plugin,
      key: String(name),
      value: text,
      ...(ttl ? { expiresInSeconds: expirySeconds(ttl) } : {}),
    });
  };

  const expire = async (name: unknown, ttl: unknown): Promise<unknown> => {
    const key = String(name);
    const seconds = wholeNumber(ttl);
    const unsaved = cache.take(plugin, key);
    if (unsaved === undefined) return commands.run({ op: 'expire', plugin, key, seconds });
    if (unsaved.value === undefined) {
      cache.write(unsaved);
      return false;
    }
    if (seconds > 0) cache.write({ ...unsaved, expiresInSeconds: seconds });
    else cache.write({ plugin, key });
    return true;
  };

  const push = async (name: unknown, given: unknown): Promise<unknown> => {
    const isList = Array.isArray(given);
    if (!isList && typeof given !== 'string')
      throw new Error('cache.lpush expects a string value or an array of strings');
    if (isList && given.length > MAX_PUSHED)
      throw illegalOperation(`Too many elements in array for cache.lpush. Maximum: ${MAX_PUSHED}`);
    const elements = isList ? given.map(String) : [given];
    if (elements.length === 0) throw redisError("ERR wrong number of arguments for 'lpush' command");
    return commands.run({ op: 'lpush', plugin, key: String(name), elements });
  };

  const range = async (name: unknown, start: unknown, end: unknown): Promise<unknown> => {
    if (typeof start !== 'number' || typeof end !== 'number')
      throw new Error('cache.lrange expects a number for the start and end indexes');
    const command = {
      op: 'lrange',
      plugin,
      key: String(name),
      start: wholeNumber(start),
      end: wholeNumber(end),
    } as const;
    return realm.list((await commands.run(command)) as string[]);
  };

  const remove = async (name: unknown, count: unknown, element: unknown): Promise<unknown> => {
    refuseNoCount('lrem', count);
    const command = { op: 'lrem', count: wholeNumber(count), element: String(element) } as const;
    return commands.run({ ...command, plugin, key: String(name) });
  };

  const pop = async (name: unknown, count: unknown): Promise<unknown> => {
    refuseNoCount('lpop', count);
    if ((count as number) < 0) throw redisError('ERR value is out of range, must be positive');
    const popped = await commands.run({ op: 'lpop', plugin, key: String(name), count: wholeNumber(count) });
    return popped === null ? null : realm.list(popped as string[]);
  };

  return realm.object({
    get: realm.method('cache.get', get),
    set: realm.method('cache.set', set),
    incr: realm.method('cache.incr', async (name: unknown) =>
      commands.run({ op: 'increment', plugin, key: String(name), by: 1 }),
    ),
    expire: realm.method('cache.expire', expire),
    lpush: realm.method('cache.lpush', push),
    lrange: realm.method('cache.lrange', range),
    llen: realm.method('cache.llen', async (name: unknown) => commands.run({ op: 'llen', plugin, key: String(name) })),
    lrem: realm.method('cache.lrem', remove),
    lpop: realm.method('cache.lpop', pop),
  });
}

function redisError(message: string): Error {
  return new PluginFacingError('ReplyError', message);
}

function refuseNoCount(method: string, count: unknown): void {
  if (typeof count !== 'number') throw new Error(`cache.${method} expects a number for the "count" argument`);
}

function wholeNumber(given: unknown): number {
  const number = Number(given);
  if (!Number.isSafeInteger(number)) throw redisError('ERR value is not an integer or out of range');
  return number;
}

/** Plugins pass text from their config, too. */
function expirySeconds(ttl: unknown): number {
  const seconds = wholeNumber(ttl);
  if (seconds <= 0) throw redisError("ERR invalid expire time in 'set' command");
  return seconds;
}

function rawText(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
