import { createHash } from 'node:crypto';
import { type Fault, type Step, stepName } from './conductor.ts';
import { kindsOf } from './fault-kinds.ts';

/** A fault of a scenario: what is tried. */
export interface PlannedFault extends Fault {
  scenario: string;
}

export function faultName({ scenario, step, kind }: PlannedFault): string {
  return `${scenario}: ${step} ${kind}`;
}

/** Lists the faults of the steps of a healthy run. What is done again and again is hit the first time and the last. */
export function planFaults(scenario: string, steps: readonly Step[]): PlannedFault[] {
  const kindOfStep = (step: Step) => stepName({ ...step, occurrence: 0 });
  const repeated = Object.values(Object.groupBy(steps, kindOfStep)) as Step[][];
  const tried = new Set(repeated.flatMap((same) => [same[0], same.at(-1)]));
  return steps
    .filter((step) => tried.has(step))
    .flatMap((step) => kindsOf(step).map((kind) => ({ scenario, step: stepName(step), kind })));
}

/** Takes so many of a list, one of each of as many parts of equal size: the same ones for the same seed. */
export function sampleEvenly<Item>(items: readonly Item[], count: number, seed: string): Item[] {
  const size = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, part) => {
    const random = createHash('sha256').update(`${seed} ${part}`).digest().readUInt32LE(0) / 2 ** 32;
    return items[Math.floor((part + random) * size)] as Item;
  });
}
