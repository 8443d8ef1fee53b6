import type { FlowPlugin, FlowProject } from '../support/flow-project.ts';
import type { Outcome } from './outcome.ts';
import type { World } from './world.ts';

/** One run of a scenario. */
export interface Run {
  world: World;
  /** Those of the scenario, in its order. */
  projects: FlowProject[];
  /** Letters and digits that no other run has. */
  id: string;
}

/** Something that the stack is made to do, whose promises are then looked at. It does the same each time. */
export interface Scenario<Sent = unknown> {
  name: string;
  /** Functions whose steps are tried, by the names of their constructs. */
  functions: readonly string[];
  /** Which of their steps, by name; all unless given. */
  only?: RegExp;
  /** Each project's plugins. They find the sink's URL as `config.url`. */
  projects: readonly (readonly FlowPlugin[])[];
  /** What the functions are when it begins: gone (`cold`), or there with their plugins (`warm`). */
  begins: 'cold' | 'warm';
  /** Whether the registry is as if no plugin had ever been loaded; else it is as it was left by a healthy run. */
  isFirstLoad?: boolean;
  /** Makes it happen, until all has come to its end. Gives what `judge` has to know. */
  act(run: Run): Promise<Sent>;
  /** Lists the promises that were broken, in words. */
  judge(sent: Sent, outcome: Outcome, run: Run): string[];
}
