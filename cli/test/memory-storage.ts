import type { StoragePort } from '../../shared/host/services.ts';
import type { CacheEntry, CommandAnswer, StorageCommand } from '../../shared/sandbox/service-calls.ts';
import { memoryKey } from './memory-cache.ts';

/** What plugins keep in `meta.storage`, in memory: JSON texts by `<plugin config id>:<key>`. */
export interface MemoryStorage extends StoragePort {
  stored: Map<string, string>;
}

export function createMemoryStorage(): MemoryStorage {
  const stored = new Map<string, string>();
  const set = (entry: CacheEntry): void => {
    if (entry.value === undefined) stored.delete(memoryKey(entry));
    else stored.set(memoryKey(entry), entry.value);
  };

  const runOne = (command: StorageCommand): CommandAnswer => {
    const id = memoryKey(command);
    if (command.op === 'set') set(command);
    if (command.op === 'init' && !stored.has(id)) stored.set(id, JSON.stringify(command.value));
    if (command.op !== 'increment') return { value: null };
    const before = JSON.parse(stored.get(id) ?? '0') as unknown;
    if (typeof before !== 'number')
      return { error: { name: 'Error', message: `The cursor holds no number: ${JSON.stringify(before)}` } };
    const sum = before + command.by;
    stored.set(id, JSON.stringify(sum));
    return { value: sum };
  };

  return {
    stored,
    readMany: async (keys) => keys.map((key) => stored.get(memoryKey(key)) ?? null),
    async writeMany(entries) {
      entries.forEach(set);
      return [];
    },
    run: async (commands) => commands.map(runOne),
  };
}
