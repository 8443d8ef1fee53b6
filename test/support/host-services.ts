import { type CachePort, createServices, type ServicesDeps, type StoragePort } from '../../shared/host/services.ts';
import type {
  ApiAccess,
  CacheCommand,
  CacheEntry,
  CacheKey,
  CapturedEvent,
  CommandAnswer,
  EnqueuedJob,
  Refusal,
  ServiceName,
  StorageCommand,
} from '../../shared/sandbox/service-calls.ts';
import type { Services } from '../../shared/sandbox/services.ts';

/** What the host's services do, kept in memory, for tests of plugins. Keys are `<plugin config id>:<key>`. */
export interface MemoryServices extends Required<Omit<ServicesDeps, 'warn'>> {
  warn: ServicesDeps['warn'];
  /** Texts of the cache. */
  texts: Map<string, string>;
  /** Lists of the cache, newest element first. */
  lists: Map<string, string[]>;
  /** When keys of the cache expire, milliseconds since 1970. */
  expiries: Map<string, number>;
  /** JSON texts. */
  stored: Map<string, string>;
  enqueued: EnqueuedJob[];
  captured: CapturedEvent[];
  /** Records of a City database, as MaxMind spells them, by address. */
  places: Map<string, object>;
  apiAccess: ApiAccess;
  /** Every use of a port, in order: how often the parent was asked, and for how much at once. */
  calls: { service: ServiceName; count: number }[];
}

export function createMemoryServices(now: () => number = Date.now): MemoryServices {
  const texts = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const expiries = new Map<string, number>();
  const stored = new Map<string, string>();
  const enqueued: EnqueuedJob[] = [];
  const captured: CapturedEvent[] = [];
  const places = new Map<string, object>();
  const calls: MemoryServices['calls'] = [];
  const apiAccess: ApiAccess = {
    host: 'https://app.posthog.com',
    projectApiKey: 'phc_project',
    personalApiKey: 'phx_person',
  };
  const note = (service: ServiceName, count: number) => void calls.push({ service, count });

  const expire = (id: string): string => {
    if ((expiries.get(id) ?? Number.POSITIVE_INFINITY) <= now()) forget(id);
    return id;
  };
  const forget = (id: string): void => {
    for (const map of [texts, lists, expiries]) map.delete(id);
  };
  const setText = (entry: CacheEntry): void => {
    const id = idOf(entry);
    forget(id);
    if (entry.value !== undefined) texts.set(id, entry.value);
    if (entry.expiresInSeconds !== undefined) expiries.set(id, now() + entry.expiresInSeconds * 1000);
  };
  const setStored = (entry: CacheEntry): void => {
    if (entry.value === undefined) stored.delete(idOf(entry));
    else stored.set(idOf(entry), entry.value);
  };

  const cache: CachePort = {
    async readMany(keys) {
      note('cache.read', keys.length);
      return keys.map((key) => {
        const id = expire(idOf(key));
        return lists.has(id) ? WRONG_TYPE : (texts.get(id) ?? null);
      });
    },
    async writeMany(entries) {
      note('cache.write', entries.length);
      entries.forEach(setText);
      return [];
    },
  };

  const runCacheCommand = (command: CacheCommand): CommandAnswer => {
    const id = expire(idOf(command));
    const list = lists.get(id) ?? [];
    switch (command.op) {
      case 'set':
        setText(command);
        return { value: null };
      case 'increment': {
        if (lists.has(id)) return WRONG_TYPE;
        const before = texts.get(id) ?? '0';
        const sum = /^(0|-?[1-9]\d*)$/.test(before) ? Number(before) + command.by : Number.NaN;
        if (!Number.isSafeInteger(sum)) return redisRefusal('ERR value is not an integer or out of range');
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
        if (texts.has(id)) return WRONG_TYPE;
        return { value: runListCommand(command, id, list, lists, expiries) };
    }
  };

  const storage: StoragePort = {
    async readMany(keys) {
      note('storage.read', keys.length);
      return keys.map((key) => stored.get(idOf(key)) ?? null);
    },
    async writeMany(entries) {
      note('storage.write', entries.length);
      entries.forEach(setStored);
      return [];
    },
    async run(commands) {
      note('storage.run', commands.length);
      return commands.map((command) => runStorageCommand(command, stored, setStored));
    },
  };

  return {
    texts,
    lists,
    expiries,
    stored,
    enqueued,
    captured,
    places,
    apiAccess,
    calls,
    cache,
    cacheCommands: {
      async run(commands) {
        note('cache.run', commands.length);
        return commands.map(runCacheCommand);
      },
    },
    storage,
    jobs: {
      async enqueue(jobs) {
        note('jobs.enqueue', jobs.length);
        enqueued.push(...jobs);
      },
    },
    captures: {
      async capture(events) {
        note('capture', events.length);
        captured.push(...events);
      },
    },
    geoip: {
      async lookup(ip) {
        note('geoip.locate', 1);
        return places.get(ip) ?? null;
      },
    },
    api: {
      async access() {
        note('api.access', 1);
        return apiAccess;
      },
    },
    warn: () => {},
  };
}

/** The child's side of the services without a child: for parts of the sandbox that run in the test's own process. */
export function callsTo(memory: ServicesDeps): Pick<Services, 'call' | 'problemWith'> {
  const answer = createServices(memory);
  return { call: answer as Services['call'], problemWith: () => null };
}

type ListCommand = Extract<CacheCommand, { op: 'lpush' | 'lrange' | 'llen' | 'lrem' | 'lpop' }>;

/** A list that is empty afterwards is gone, as in Redis. */
function runListCommand(
  command: ListCommand,
  id: string,
  list: string[],
  lists: Map<string, string[]>,
  expiries: Map<string, number>,
): unknown {
  const existed = lists.has(id);
  const answer = changeList(command, list, existed);
  if (list.length > 0) lists.set(id, list);
  else for (const map of [lists, expiries]) map.delete(id);
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

function runStorageCommand(
  command: StorageCommand,
  stored: Map<string, string>,
  set: (entry: CacheEntry) => void,
): CommandAnswer {
  const id = idOf(command);
  if (command.op === 'set') set(command);
  if (command.op === 'init' && !stored.has(id)) stored.set(id, JSON.stringify(command.value));
  if (command.op !== 'increment') return { value: null };
  const before = JSON.parse(stored.get(id) ?? '0') as unknown;
  if (typeof before !== 'number')
    return { error: { name: 'Error', message: `The cursor holds no number: ${JSON.stringify(before)}` } };
  const sum = before + command.by;
  stored.set(id, JSON.stringify(sum));
  return { value: sum };
}

const WRONG_TYPE = redisRefusal('WRONGTYPE Operation against a key holding the wrong kind of value');

function redisRefusal(message: string): Refusal {
  return { error: { name: 'ReplyError', message } };
}

function idOf({ plugin, key }: CacheKey): string {
  return `${plugin}:${key}`;
}
