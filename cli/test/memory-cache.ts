import type { CacheCommandsPort, CachePort } from '../../shared/host/services.ts';
import type { CacheCommand, CacheEntry, CacheKey, CommandAnswer, Refusal } from '../../shared/sandbox/service-calls.ts';

/** What plugins keep in `meta.cache`, in memory, with Redis' answers. Keys are `<plugin config id>:<key>`. */
export interface MemoryCache extends CachePort, CacheCommandsPort {
  texts: Map<string, string>;
  /** Newest element first. */
  lists: Map<string, string[]>;
  /** When keys expire, milliseconds since 1970. */
  expiries: Map<string, number>;
  /**
   * Puts an array there that may be either: JSON of an array, as `set` leaves it, or a list. The first command that is for one of them
   * decides.
   */
  putArray(key: CacheKey, elements: readonly unknown[]): void;
  /** Forgets what has expired. */
  sweep(): void;
}

/** @param now milliseconds since 1970. */
export function createMemoryCache(now: () => number): MemoryCache {
  const texts = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const expiries = new Map<string, number>();
  const undecided = new Set<string>();

  const forget = (id: string): void => {
    for (const kept of [texts, lists, expiries, undecided]) kept.delete(id);
  };
  const expire = (id: string): string => {
    if ((expiries.get(id) ?? Number.POSITIVE_INFINITY) <= now()) forget(id);
    return id;
  };
  const setText = (entry: CacheEntry): void => {
    const id = memoryKey(entry);
    forget(id);
    if (entry.value !== undefined) texts.set(id, entry.value);
    if (entry.expiresInSeconds !== undefined) expiries.set(id, now() + entry.expiresInSeconds * 1000);
  };
  const makeList = (id: string): void => {
    if (!undecided.delete(id)) return;
    const elements = JSON.parse(texts.get(id) as string) as unknown[];
    texts.delete(id);
    lists.set(
      id,
      elements.map((element) => (typeof element === 'string' ? element : JSON.stringify(element))),
    );
  };

  const runOne = (command: CacheCommand): CommandAnswer => {
    const id = expire(memoryKey(command));
    switch (command.op) {
      case 'set':
        setText(command);
        return { value: null };
      case 'increment': {
        if (lists.has(id)) return WRONG_TYPE;
        const before = texts.get(id) ?? '0';
        const sum = Number(before) + command.by;
        if (!WHOLE_NUMBER.test(before) || !Number.isSafeInteger(sum))
          return redisRefusal('ERR value is not an integer or out of range');
        texts.set(id, String(sum));
        return { value: sum };
      }
      case 'expire': {
        const exists = texts.has(id) || lists.has(id);
        if (exists && command.seconds <= 0) forget(id);
        else if (exists) expiries.set(id, now() + command.seconds * 1000);
        return { value: exists };
      }
      case 'lpush':
      case 'lrange':
      case 'llen':
      case 'lrem':
      case 'lpop':
        makeList(id);
        return texts.has(id) ? WRONG_TYPE : { value: runListCommand(command, id, lists, forget) };
    }
  };

  return {
    texts,
    lists,
    expiries,
    async readMany(keys) {
      return keys.map((key) => {
        const id = expire(memoryKey(key));
        return lists.has(id) ? WRONG_TYPE : (texts.get(id) ?? null);
      });
    },
    async writeMany(entries) {
      entries.forEach(setText);
      return [];
    },
    run: async (commands) => commands.map(runOne),
    putArray(key, elements) {
      const id = memoryKey(key);
      forget(id);
      texts.set(id, JSON.stringify(elements));
      undecided.add(id);
    },
    sweep: () => [...expiries.keys()].forEach(expire),
  };
}

/** What Redis counts up: no sign but a minus, no exponent, no space. */
const WHOLE_NUMBER = /^(0|-?[1-9]\d*)$/;

export function memoryKey({ plugin, key }: CacheKey): string {
  return `${plugin}:${key}`;
}

type ListCommand = Extract<CacheCommand, { op: 'lpush' | 'lrange' | 'llen' | 'lrem' | 'lpop' }>;

/** A list that is empty afterwards is gone, as in Redis. */
function runListCommand(
  command: ListCommand,
  id: string,
  lists: Map<string, string[]>,
  forget: (id: string) => void,
): unknown {
  const list = lists.get(id) ?? [];
  const answer = changeList(command, list, lists.has(id));
  if (list.length > 0) lists.set(id, list);
  else forget(id);
  return answer;
}

function changeList(command: ListCommand, list: string[], existed: boolean): unknown {
  switch (command.op) {
    case 'lpush':
      for (const element of command.elements) list.unshift(element);
      return list.length;
    case 'llen':
      return list.length;
    case 'lpop':
      return existed ? list.splice(0, command.count) : null;
    case 'lrange': {
      const fromEnd = (index: number) => Math.max(0, index < 0 ? list.length + index : index);
      // An end before the start of the list leaves nothing.
      return command.end < -list.length ? [] : list.slice(fromEnd(command.start), fromEnd(command.end) + 1);
    }
    case 'lrem': {
      const found = list.flatMap((element, index) => (element === command.element ? [index] : []));
      const wanted = command.count === 0 ? found.length : Math.abs(command.count);
      const removed = command.count < 0 ? found.slice(-wanted) : found.slice(0, wanted);
      for (const index of removed.reverse()) list.splice(index, 1);
      return removed.length;
    }
  }
}

const WRONG_TYPE = redisRefusal('WRONGTYPE Operation against a key holding the wrong kind of value');

function redisRefusal(message: string): Refusal {
  return { error: { name: 'ReplyError', message } };
}
