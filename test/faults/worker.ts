import { type Fault, stepName } from './conductor.ts';
import { SCENARIOS } from './scenarios/all.ts';
import { type Stage, setStage, type Trial } from './stage.ts';
import { startWorld, type World } from './world.ts';

/** What a worker is asked for: the steps of a healthy run, or a run with a fault. */
export interface Order {
  scenario: string;
  fault?: Fault;
}

export type Answer = Trial | { error: string };

/** A run takes some seconds, and what a scenario begins with as many runs. What takes this long does not come to its end. */
const LIMIT_MILLISECONDS = 180_000;

let current: { scenario: string; world: World; stage: Stage } | null = null;

async function stageFor(scenario: string): Promise<Stage> {
  if (current?.scenario === scenario) return current.stage;
  await leave();
  const found = SCENARIOS.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`There is no scenario "${scenario}"`);
  const world = await startWorld();
  const stage = await setStage(world, found);
  current = { scenario, world, stage };
  return stage;
}

async function leave(): Promise<void> {
  const last = current;
  current = null;
  await last?.world[Symbol.asyncDispose]();
}

async function carryOut({ scenario, fault }: Order): Promise<Trial> {
  const stage = await stageFor(scenario);
  if (fault !== undefined) {
    const trial = await stage.try(fault);
    return trial.hasStruck ? trial : stage.try(fault);
  }
  // The first run may still bring plugins up to date; what happens side by side is not the same in each.
  await stage.try();
  const [one, other] = [await stage.try(), await stage.try()];
  const inOther = new Set(other.steps.map(stepName));
  return {
    ...one,
    broken: [...one.broken, ...other.broken],
    steps: one.steps.filter((step) => inOther.has(stepName(step))),
  };
}

process.on('message', (order: Order) => {
  const limit = setTimeout(() => {
    process.send?.({ error: `it did not come to its end within ${LIMIT_MILLISECONDS / 1000} s` } satisfies Answer);
    process.exit(1);
  }, LIMIT_MILLISECONDS);
  void carryOut(order)
    .catch((error: unknown) => ({ error: (error as Error).message }))
    .then(async (answer: Answer) => {
      // What a broken promise leaves behind must not spoil the next run.
      if ('error' in answer || answer.broken.length > 0) await leave();
      process.send?.(answer);
    })
    .finally(() => clearTimeout(limit));
});
process.on('disconnect', () => void leave().finally(() => process.exit()));
