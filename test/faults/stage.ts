import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FlowProject, installProject } from '../support/flow-project.ts';
import type { FlowStack } from '../support/flow-stack.ts';
import { type Fault, type Step, stepName } from './conductor.ts';
import { deleteObjects } from './objects.ts';
import { readOutcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';
import { functionNameOf } from './short-names.ts';
import { fillTable, readTable } from './tables.ts';
import type { World } from './world.ts';

/** What a run has shown. */
export interface Trial {
  /** Promises that were broken, in words. */
  broken: string[];
  /** The steps that the scenario's functions took. */
  steps: Step[];
  /** Whether the fault's step was reached. */
  hasStruck: boolean;
  /** All that the stack has, tried or not. */
  functions: string[];
  milliseconds: number;
}

/** A scenario, set up in a world: every run of it begins with the same. */
export interface Stage {
  try(fault?: Fault): Promise<Trial>;
}

/** Lines take another way than answers: what is missing may still come. */
const PATIENCE_MILLISECONDS = 1500;

/** A client that has tried in vain so often stops trying again for a while, as the SDK has it: five calls of four retries at 14 of 500 tokens. */
const MOST_FAILURES_PER_PROCESS = 5;

export async function setStage(world: World, scenario: Scenario): Promise<Stage> {
  let failures = 0;

  const begin = async (): Promise<void> => {
    await fillTable(world, 'RegistryTableName', registry);
    await fillTable(world, 'StateTableName', []);
    await deleteObjects(world);
    for (const kept of [world.sink.received, world.sink.requests, world.sink.answers]) kept.clear();
    if (scenario.begins === 'warm' && failures < MOST_FAILURES_PER_PROCESS) return;
    failures = 0;
    await world.killFunctions(scenario.functions);
  };

  const perform = async (fault?: Fault): Promise<string[]> => {
    const firstLine = world.lines.length;
    const run = { world, projects, id: randomUUID().replaceAll('-', '') };
    world.conductor.begin(fault);
    const sent = await scenario.act(run);
    world.conductor.end();
    const outcome = await readOutcome(world, firstLine);
    const broken = () => [...outcome.unfinished, ...scenario.judge(sent, outcome, run)];
    const deadline = performance.now() + PATIENCE_MILLISECONDS;
    while (broken().length > 0 && performance.now() < deadline) await sleep(20);
    return broken();
  };

  const performWell = async (): Promise<void> => {
    const broken = await perform();
    if (broken.length > 0) throw new Error(`"${scenario.name}" fails without a fault: ${broken.join('; ')}`);
  };

  const isWarm = (): boolean =>
    scenario.functions.every((name) =>
      world.stack.functions.some(
        (each) => functionNameOf(each.name) === name && each.environments().some(({ state }) => state === 'idle'),
      ),
    );

  await world.setRules([]);
  await fillTable(world, 'RegistryTableName', []);
  const projects = await install(world, scenario);
  let registry = await readTable(world, 'RegistryTableName');
  await world.killFunctions(world.stack.functions.map(({ name }) => functionNameOf(name)));
  await begin();
  if (scenario.isFirstLoad !== true) {
    await performWell();
    registry = await readTable(world, 'RegistryTableName');
  }

  return {
    async try(fault) {
      await begin();
      if (scenario.begins === 'warm' && !isWarm()) {
        await performWell();
        await begin();
      }
      const startedAt = performance.now();
      const broken = await perform(fault);
      const hasStruck = world.conductor.struck() !== null;
      if (fault !== undefined && !hasStruck) broken.push('the step was not reached');
      if (fault?.kind === 'fails') failures++;
      return {
        broken,
        hasStruck,
        functions: world.stack.functions.map(({ name }) => functionNameOf(name)),
        steps: world.conductor
          .steps()
          .filter(
            (step) => scenario.functions.includes(step.functionName) && scenario.only?.test(stepName(step)) !== false,
          ),
        milliseconds: performance.now() - startedAt,
      };
    },
  };
}

async function install(world: World, scenario: Scenario): Promise<FlowProject[]> {
  // Ids are counted anew for each scenario.
  const flow = { registry: world.registry } as FlowStack;
  const projects: FlowProject[] = [];
  for (const plugins of scenario.projects) {
    const withSink = plugins.map((plugin) => ({ ...plugin, config: { ...plugin.config, url: world.sink.url } }));
    projects.push(await installProject(flow, withSink));
  }
  return projects;
}
