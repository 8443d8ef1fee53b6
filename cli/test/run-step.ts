import { advance } from './advance.ts';
import { type Bench, ownMember, setUpAgain } from './bench.ts';
import { exportBatch, flushExports } from './exports.ts';
import { shortText } from './journal.ts';
import { isReady } from './member.ts';
import { runDueJobs } from './run-due-jobs.ts';
import { runEvents } from './run-events.ts';
import type { Step } from './scenario.ts';

/** What a step gave, as the report has it. */
export interface StepResult {
  output: unknown;
  error?: string;
}

/** @returns the step's result, and whether a hook threw in the course of events. */
export async function runStep(
  bench: Bench,
  teamId: number,
  step: Step,
  isFirst: boolean,
): Promise<{ result: StepResult; hasThrown: boolean }> {
  if ('event' in step || 'events' in step) {
    const events = 'event' in step ? [step.event] : step.events;
    const { outputs, hasThrown } = await runEvents(bench, teamId, events);
    const jobHasThrown = await runDueJobs(bench);
    const output = 'event' in step ? outputs[0] : outputs;
    return { result: { output }, hasThrown: hasThrown || jobHasThrown };
  }
  if ('advance' in step) {
    await advance(bench, step.advance);
    return { result: { output: null }, hasThrown: false };
  }
  const { error, value } = await runOther(bench, step, isFirst);
  await runDueJobs(bench);
  const output = value === undefined ? null : (JSON.parse(value) as unknown);
  return { result: { output, ...(error === undefined ? {} : { error }) }, hasThrown: false };
}

type OtherStep = Exclude<Step, { event: unknown } | { events: unknown } | { advance: unknown }>;

/** The error's message, and the JSON text of what the hook returned. */
interface Outcome {
  error?: string;
  value?: string;
}

async function runOther(bench: Bench, step: OtherStep, isFirst: boolean): Promise<Outcome> {
  const member = ownMember(bench);
  if ('setup' in step) {
    // The first one has run by now.
    if (!isFirst) await setUpAgain(bench, member);
    return member.setup;
  }
  if (!isReady(member)) return { error: `The plugin is not set up: ${member.setup.error}` };
  if ('export' in step) {
    return exportBatch(
      bench,
      member,
      step.export.map((event) => JSON.stringify(event)),
    );
  }
  if ('teardown' in step) {
    const flushed = await flushExports(bench, member);
    const tornDown = member.capabilities.methods.includes('teardownPlugin') ? await call(bench, 'teardownPlugin') : {};
    return { ...flushed, ...tornDown };
  }
  return 'call' in step ? call(bench, step.call) : call(bench, `job ${step.job}`, step.payload);
}

async function call(bench: Bench, hook: string, payload?: unknown): Promise<Outcome> {
  const argument = payload === undefined ? {} : { argument: JSON.stringify(payload) };
  const [result] = await bench.host.invoke([{ plugin: ownMember(bench).id, hook, ...argument }]);
  const { value, error, listed } = result ?? {};
  return {
    ...(value === undefined ? {} : { value }),
    ...(error === undefined ? {} : { error: shortText(listed ?? error) }),
  };
}
