import { createAdditionMarker } from './addition-marks.ts';
import { createCacheExpire } from './cache-expire.ts';
import { createCacheIncrement } from './cache-increment.ts';
import { createLargeTexts } from './large-texts.ts';
import type { ListCommand } from './list-commands.ts';
import { createListStore } from './list-store.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import { type Answer, refusal, WRONG_TYPE } from './refusal.ts';
import { runByKey } from './run-by-key.ts';
import { itemKey, type StateKey } from './state-key.ts';
import { createTableCalls } from './table-calls.ts';
import { createTextStore, type StateEntry, type TextStoreDeps } from './text-store.ts';

export type CacheCommand = ListCommand | (StateKey & { op: 'increment'; by: number }) | (StateEntry & { op: 'set' });

/** Redis' commands on what lies in the cache store. */
export interface CacheCommands {
  /**
   * Carries commands of one key out in their order, each atomically, over all processes; list commands that follow each other as one.
   * A key that has expired is none.
   *
   * @returns in the order of the commands Redis' answer (`expire` a boolean, `lpop` null when nothing is there, `set` null), or Redis' error.
   * @throws when the table does not answer until the deadline; any of the commands may then have been carried out.
   */
  run(commands: readonly CacheCommand[]): Promise<Answer[]>;
}

export interface CacheCommandsDeps extends TextStoreDeps {
  /** Letters and digits that no other process has. */
  writer: string;
  /** A new UUID. */
  newId: () => string;
  /** Gives 0 to 1. */
  random: () => number;
}

export function createCacheCommands({ writer, newId, random, ...deps }: CacheCommandsDeps): CacheCommands {
  const { now, large } = deps;
  const persistence = { ...deps, random };
  const table = createTableCalls(deps);
  const texts = createTextStore('cache', deps);
  const marker = createAdditionMarker(writer, now);
  const increment = createCacheIncrement(table, persistence);
  const expireText = createCacheExpire(table, large && createLargeTexts({ ...large, table, now }), persistence);
  const runList = createListStore({ ...persistence, table, newId });
  const oneAtATime = createOneAtATime();

  /** Answers the first commands; none when the key was changed while it looked. */
  const runSome = async ([first, ...others]: [CacheCommand, ...CacheCommand[]]): Promise<Answer[]> => {
    const key = itemKey('cache', first);
    if (first.op === 'set') {
      const [failure] = await texts.writeMany([first]);
      return [failure === undefined ? { value: null } : refusal('Error', failure.message)];
    }
    if (first.op === 'increment') return [await increment(key, first.by, marker.next())];
    if (first.op === 'expire') {
      const answer = await expireText(key, first.seconds);
      if (answer !== 'list') return [answer];
    }
    const list = [first, ...takeWhile(others, isListCommand)];
    const answers = await runList(key, list);
    if (answers !== null) return answers;
    // A text refuses them all, up to one that may take it away.
    return takeWhile(list, ({ op }) => op !== 'expire').map(() => WRONG_TYPE);
  };

  return {
    run: (commands) =>
      runByKey('cache', commands, oneAtATime, async (ofKey) => {
        const answers: Answer[] = [];
        while (answers.length < ofKey.length) {
          const open = ofKey.slice(answers.length) as [CacheCommand, ...CacheCommand[]];
          answers.push(...(await runSome(open)));
        }
        return answers;
      }),
  };
}

function isListCommand(command: CacheCommand): command is ListCommand {
  return command.op !== 'set' && command.op !== 'increment';
}

function takeWhile<Item, Kept extends Item = Item>(
  items: readonly Item[],
  keeps: ((item: Item) => item is Kept) | ((item: Item) => boolean),
): Kept[] {
  const end = items.findIndex((item) => !keeps(item));
  return (end === -1 ? items : items.slice(0, end)) as Kept[];
}
