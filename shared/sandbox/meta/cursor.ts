import type { RealmValues } from '../realm-values.ts';
import type { StorageCommand } from '../service-calls.ts';
import type { CommandQueue } from './command-queue.ts';
import { storageKey } from './storage.ts';

/** `meta.utils.cursor`: counters that stay exact when many count at once. They are storage keys like any other. */
export function createCursor(plugin: number, commands: CommandQueue<StorageCommand>, realm: RealmValues): object {
  const init = async (name: unknown, initial: unknown = 0): Promise<void> => {
    if (typeof initial !== 'number') throw new Error("The cursor's initial value must be a number!");
    await commands.run({ op: 'init', plugin, key: storageKey(name), value: initial });
  };

  const increment = async (name: unknown, by?: unknown): Promise<unknown> => {
    const step = by || 1;
    if (typeof step !== 'number') throw new Error('The incrementBy value must be a number!');
    return commands.run({ op: 'increment', plugin, key: storageKey(name), by: step });
  };

  return realm.object({
    init: realm.method('utils.cursor.init', init),
    increment: realm.method('utils.cursor.increment', increment),
  });
}
