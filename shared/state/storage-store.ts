import { createAdditionMarker } from './addition-marks.ts';
import { createCursorIncrement } from './cursor-increment.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import { type Answer, type Refusal, refusal } from './refusal.ts';
import { runByKey } from './run-by-key.ts';
import { textAttributes } from './state-item.ts';
import { itemKey, type StateKey } from './state-key.ts';
import { createTableCalls } from './table-calls.ts';
import { createTextStore, type Later, type StateEntry, type StateFailure, type TextStoreDeps } from './text-store.ts';

export type StorageCommand =
  | (StateKey & { op: 'increment'; by: number })
  | (StateKey & { op: 'init'; value: number })
  | (StateEntry & { op: 'set' });

/** Where `meta.storage` of all plugin configs lies: JSON texts without expiry. Texts as in `TextStore`. */
export interface StorageStore {
  readMany(keys: readonly StateKey[]): Promise<(string | null | Later)[]>;
  writeMany(entries: readonly StateEntry[]): Promise<StateFailure[]>;
  /**
   * Carries commands of one key out in their order, each atomically, over all processes. `init` stores a number unless the key has a
   * value and answers null; `increment` answers the sum, or an error when the key holds no number; `set` answers null.
   */
  run(commands: readonly StorageCommand[]): Promise<Answer[]>;
}

export interface StorageStoreDeps extends TextStoreDeps {
  /** Letters and digits that no other process has. */
  writer: string;
  /** Gives 0 to 1. */
  random: () => number;
}

export function createStorageStore({ writer, random, ...deps }: StorageStoreDeps): StorageStore {
  const table = createTableCalls(deps);
  const texts = createTextStore('storage', deps);
  const marker = createAdditionMarker(writer, deps.now);
  const increment = createCursorIncrement(table, { ...deps, random });
  const oneAtATime = createOneAtATime();

  const runOne = async (command: StorageCommand): Promise<Answer> => {
    const key = itemKey('storage', command);
    switch (command.op) {
      case 'set': {
        const [failure] = await texts.writeMany([command]);
        return failure === undefined ? { value: null } : refusal('Error', failure.message);
      }
      case 'init':
        await table.put(
          { ...key, ...textAttributes(JSON.stringify(command.value)) },
          { condition: 'attribute_not_exists(pk)' },
        );
        return { value: null };
      case 'increment':
        return increment(key, command.by, marker.next());
    }
  };

  return {
    readMany: async (keys) => (await texts.readMany(keys)).map(textOrThrow),
    writeMany: (entries) => texts.writeMany(entries),
    run: (commands) =>
      runByKey('storage', commands, oneAtATime, async (ofKey) => {
        const answers: Answer[] = [];
        for (const command of ofKey) answers.push(await runOne(command));
        return answers;
      }),
  };
}

function textOrThrow(read: string | null | Refusal | Later): string | null | Later {
  if (typeof read === 'object' && read !== null && 'error' in read)
    throw new Error(`meta.storage: ${read.error.message}`);
  return read;
}
