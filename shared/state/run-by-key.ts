import { inParallel } from '../aws/in-parallel.ts';
import type { createOneAtATime } from './one-at-a-time.ts';
import type { Answer } from './refusal.ts';
import { itemId, itemKey, type StateKey, type StateSpace } from './state-key.ts';

const CONCURRENT_KEYS = 16;

/** Runs the commands of each key in their order, those of different keys side by side; answers in the order of the commands. */
export async function runByKey<Command extends StateKey>(
  space: StateSpace,
  commands: readonly Command[],
  oneAtATime: ReturnType<typeof createOneAtATime>,
  runAll: (ofKey: Command[]) => Promise<Answer[]>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const groups = Map.groupBy(commands.entries(), ([, command]) => itemId(itemKey(space, command)));
  await inParallel([...groups], CONCURRENT_KEYS, async ([id, group]) => {
    const given = await oneAtATime(id, () => runAll(group.map(([, command]) => command)));
    group.forEach(([index], position) => {
      answers[index] = given[position] as Answer;
    });
  });
  return answers;
}
