import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { faultName, type PlannedFault, planFaults, sampleEvenly } from './plan.ts';
import { SCENARIOS } from './scenarios/all.ts';
import { createWorkForce } from './work-force.ts';
import type { Answer, Order } from './worker.ts';
import { prepareWorlds } from './world.ts';

/** A fault after which a promise was broken. */
interface Failure {
  fault: string;
  broken: string[];
}

const { values: flags } = parseArgs({
  options: {
    /** So many faults, evenly spread over all. */
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    /** Only those whose name has this in it. */
    point: { type: 'string' },
    /** Stacks at a time. A run waits as much as it works: one more than there are cores. */
    workers: { type: 'string', default: String(availableParallelism() + 1) },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** For people; with --json, stdout is for programs. */
const tell = (line: string) => void (flags.json ? process.stderr : process.stdout).write(`${line}\n`);

const startedAt = performance.now();
/** Functions that no scenario is about. */
const untried = new Set<string>();
// Once, before all workers do it.
await prepareWorlds();
await using workForce = createWorkForce(Number(flags.workers));
const faults = await findFaults();
if (flags.list) faults.forEach((fault) => tell(faultName(fault)));
else await tryAll(choose(faults));

/** Records a healthy run of each scenario. */
async function findFaults(): Promise<PlannedFault[]> {
  const covered = new Set(SCENARIOS.flatMap(({ functions }) => functions));
  const byScenario = new Map<string, PlannedFault[]>();
  const wanted = SCENARIOS.filter(({ name }) => flags.point === undefined || mayBeOf(name, flags.point));
  await workForce.carryOut<Order>(
    wanted.map(({ name }) => ({ scenario: name })),
    ({ scenario }, answer) => {
      const broken = brokenBy(answer);
      if (broken.length > 0 || 'error' in answer)
        throw new Error(`"${scenario}" fails without a fault: ${broken.join('; ')}`);
      answer.functions.filter((name) => !covered.has(name)).forEach((name) => untried.add(name));
      byScenario.set(scenario, planFaults(scenario, answer.steps));
    },
  );
  return wanted.flatMap(({ name }) => byScenario.get(name) ?? []);
}

/** Whether a fault of that scenario can have the text in its name. */
function mayBeOf(scenario: string, text: string): boolean {
  return !text.includes(': ') || text.startsWith(`${scenario}: `);
}

function choose(all: PlannedFault[]): PlannedFault[] {
  const { point, sample, seed } = flags;
  const named = point === undefined ? all : all.filter((fault) => faultName(fault).includes(point));
  if (named.length === 0) throw new Error(`No fault has "${point}" in its name; --list shows them all`);
  return sample === undefined ? named : sampleEvenly(named, Number(sample), seed);
}

async function tryAll(chosen: PlannedFault[]): Promise<void> {
  const failed: Failure[] = [];
  let tried = 0;
  await workForce.carryOut(
    chosen.map(({ scenario, ...fault }) => ({ scenario, fault })),
    ({ scenario, fault }, answer) => {
      const name = faultName({ scenario, ...fault });
      const broken = brokenBy(answer);
      const isOver = 'error' in answer ? '' : ` (${(answer.milliseconds / 1000).toFixed(1)} s)`;
      tell(`${++tried}/${chosen.length} ${broken.length === 0 ? 'ok' : 'BROKEN'} ${name}${isOver}`);
      for (const promise of broken) tell(`    ${promise}`);
      if (broken.length > 0) failed.push({ fault: name, broken });
    },
  );
  const points = new Set(chosen.map(({ scenario, step }) => `${scenario}: ${step}`)).size;
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  tell(`\n${points} fault points, ${chosen.length} faults, ${failed.length} broke a promise; ${minutes} minutes`);
  if (untried.size > 0) tell(`Not tried, since no scenario is about them: ${[...untried].join(', ')}`);
  for (const { fault } of failed) tell(`  npm run test:faults -- --point '${fault}'`);
  if (flags.json)
    process.stdout.write(`${JSON.stringify({ points, faults: chosen.length, failed, untried: [...untried] })}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function brokenBy(answer: Answer): string[] {
  if ('error' in answer) return [answer.error];
  return answer.broken;
}
