import type { Clock } from '../time/clock.ts';
import { choose } from './choose.ts';
import type { Definition, State } from './definition.ts';
import type { Journal } from './journal.ts';
import { fillTemplate } from './payload-template.ts';
import type { PathScope } from './reference-path.ts';
import { requirePath, withResult } from './reference-path.ts';
import { catcherOf, retryDelaySeconds } from './retry.ts';
import { runtimeError, StatesError } from './states-error.ts';

/** One execution, or a branch of one, under way. */
export interface Run {
  clock: Clock;
  journal: Journal;
  /** Ends the run: its reason is thrown. */
  signal: AbortSignal;
  /** What `$$` names. */
  context: Record<string, unknown>;
  /** Runs a Task state. @throws StatesError for what the task failed with */
  runTask(state: State, input: unknown): Promise<unknown>;
  /** Told of every state that is entered, and of every retry. */
  onTransition?: () => void;
}

/** Step Functions' quota for input and output of a state, bytes of JSON. */
const MOST_PAYLOAD_BYTES = 262_144;
/** A Standard execution ends at 25,000 events of its history; entering and leaving a state are two. */
const MOST_STATES = 12_500;
const STANDARD_CONCURRENCY = 40;

/**
 * Runs a state machine to its end. What has happened is in the journal under a key of its place, and is not done again:
 * after a restart, the same call goes on where the last one was.
 *
 * @param place before each key; names the branch
 * @returns the output
 * @throws StatesError that no state has caught, or the signal's reason
 */
export async function interpret(definition: Definition, input: unknown, run: Run, place = ''): Promise<unknown> {
  let name = definition.StartAt;
  let value = input;
  for (let step = 0; step < MOST_STATES; step += 1) {
    run.signal.throwIfAborted();
    const state = definition.States[name];
    if (state === undefined) throw runtimeError(`There is no state ${name}`);
    const { output, next } = await runState(name, state, value, run, `${place}${step} ${name}`);
    if (next === undefined) return output;
    [name, value] = [next, output];
  }
  throw runtimeError(`The execution reached the limit of ${MOST_STATES} states`);
}

interface Outcome {
  output: unknown;
  next?: string | undefined;
}

async function runState(name: string, state: State, input: unknown, run: Run, key: string): Promise<Outcome> {
  const enteredAt = moment(run, `${key} in`);
  const used = new Map();
  for (let attempt = 0; ; attempt += 1) {
    const State = { EnteredTime: new Date(enteredAt).toISOString(), Name: name, RetryCount: attempt };
    const context = { ...run.context, State };
    run.onTransition?.();
    try {
      return await perform(state, input, { ...run, context }, `${key}.${attempt}`, enteredAt);
    } catch (thrown) {
      run.signal.throwIfAborted();
      const error = thrown instanceof StatesError ? thrown : runtimeError(String(thrown));
      const failedAt = moment(run, `${key}.${attempt} failed`);
      const delaySeconds = retryDelaySeconds(state.Retry ?? [], error, used);
      if (delaySeconds === undefined) return caught(state, input, error);
      await sleepUntil(failedAt + delaySeconds * 1000, run);
    }
  }
}

function caught(state: State, input: unknown, error: StatesError): Outcome {
  const catcher = catcherOf(state.Catch ?? [], error);
  if (catcher === undefined) throw error;
  const { Next: next, ResultPath = '$' } = catcher;
  return { output: withResult(input, ResultPath, { Error: error.error, Cause: error.message }), next };
}

/** Does once what a state does, from its input to its output. */
async function perform(state: State, raw: unknown, run: Run, key: string, enteredAt: number): Promise<Outcome> {
  const input = select(raw, state.InputPath, run);
  const scope: PathScope = { input, context: run.context };
  const path = (text: string) => requirePath(text, scope);
  const parameters = () => (state.Parameters === undefined ? input : fillTemplate(state.Parameters, scope));
  const done = (result: unknown): Outcome => {
    const selected =
      state.ResultSelector === undefined
        ? result
        : fillTemplate(state.ResultSelector, { input: result, context: run.context });
    const { ResultPath = '$', OutputPath, Next: next } = state;
    const output = select(withResult(raw, ResultPath, selected), OutputPath, run);
    checkSize(output, 'output');
    return { output, next };
  };

  switch (state.Type) {
    case 'Task':
      return done(await task(state, parameters(), run, key));
    case 'Pass':
      return done(Object.hasOwn(state, 'Result') ? state.Result : parameters());
    case 'Wait': {
      const seconds = state.SecondsPath === undefined ? state.Seconds : Number(path(state.SecondsPath));
      const timestamp = state.TimestampPath === undefined ? state.Timestamp : String(path(state.TimestampPath));
      await sleepUntil(seconds === undefined ? Date.parse(String(timestamp)) : enteredAt + seconds * 1000, run);
      return { output: select(input, state.OutputPath, run), next: state.Next };
    }
    case 'Choice':
      return {
        output: select(input, state.OutputPath, run),
        next: choose(state.Choices ?? [], state.Default, scope),
      };
    case 'Succeed':
      return { output: select(input, state.OutputPath, run) };
    case 'Fail': {
      const error = state.ErrorPath === undefined ? (state.Error ?? '') : String(path(state.ErrorPath));
      const cause = state.CausePath === undefined ? (state.Cause ?? '') : String(path(state.CausePath));
      throw new StatesError(error, cause);
    }
    case 'Parallel': {
      const branchInput = parameters();
      const branches = (state.Branches ?? []).map(
        (branch, index) => (inner: Run) => interpret(branch, branchInput, inner, `${key}/${index}/`),
      );
      return done(await together(branches, branches.length, run));
    }
    case 'Map':
      return done(await mapItems(state, scope, run, key));
  }
}

async function task(state: State, input: unknown, run: Run, key: string): Promise<unknown> {
  const known = run.journal.recall(key) as { output: unknown } | { error: string; cause: string } | undefined;
  const outcome = known ?? (await attemptTask(state, input, run));
  run.signal.throwIfAborted();
  if (known === undefined) run.journal.record(key, outcome);
  if ('error' in outcome) throw new StatesError(outcome.error, outcome.cause);
  return outcome.output;
}

async function attemptTask(state: State, input: unknown, run: Run) {
  const ended = new AbortController();
  try {
    checkSize(input, 'input');
    const running = run.runTask(state, input);
    // A function that answers too late, or after the execution's end, is not listened to.
    running.catch(() => {});
    const { TimeoutSeconds: limit = Number.POSITIVE_INFINITY } = state;
    const timeout = sleepUntil(run.clock.now() + limit * 1000, run, ended.signal).then(() => {
      throw new StatesError('States.Timeout', `The task took more than ${limit} seconds`);
    });
    const output = await Promise.race([running, timeout]);
    checkSize(output, 'result');
    return { output };
  } catch (error) {
    if (error instanceof StatesError) return { error: error.error, cause: error.message };
    throw error;
  } finally {
    ended.abort();
  }
}

async function mapItems(state: State, scope: PathScope, run: Run, key: string): Promise<unknown[]> {
  const items = state.ItemsPath === undefined ? scope.input : requirePath(state.ItemsPath, scope);
  if (!Array.isArray(items)) throw runtimeError('A Map state needs a list of items');
  const processor = state.ItemProcessor ?? state.Iterator;
  if (processor === undefined) throw runtimeError('A Map state needs an ItemProcessor');
  const template = state.ItemSelector ?? state.Parameters;
  const runs = items.map((Value: unknown, Index) => (inner: Run) => {
    const context = { ...run.context, Map: { Item: { Index, Value } } };
    const item = template === undefined ? Value : fillTemplate(template, { input: scope.input, context });
    return interpret(processor, item, { ...inner, context }, `${key}/${Index}/`);
  });
  return together(runs, state.MaxConcurrency || STANDARD_CONCURRENCY, run);
}

/** Runs all, so many at a time. The first that fails ends the others. */
async function together(runs: ((inner: Run) => Promise<unknown>)[], most: number, run: Run): Promise<unknown[]> {
  const failed = new AbortController();
  const inner = { ...run, signal: AbortSignal.any([run.signal, failed.signal]) };
  const results: unknown[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < runs.length; index = next++) results[index] = await runs[index]?.(inner);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(most, runs.length) }, work));
    return results;
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

/** When something happened first: now, or as the journal has it. */
function moment({ journal, clock }: Run, key: string): number {
  const known = journal.recall(key);
  if (typeof known === 'number') return known;
  const now = clock.now();
  journal.record(key, now);
  return now;
}

/** @param ended ends the wait without an error, and for ever */
async function sleepUntil(time: number, { clock, signal }: Run, ended?: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (time <= clock.now()) return;
  await new Promise<void>((resolve, reject) => {
    const cancel = Number.isFinite(time) ? clock.at(time, finish) : () => {};
    const abort = () => {
      leave();
      reject(signal.reason as Error);
    };
    function leave() {
      cancel();
      signal.removeEventListener('abort', abort);
      ended?.removeEventListener('abort', leave);
    }
    function finish() {
      leave();
      resolve();
    }
    signal.addEventListener('abort', abort);
    ended?.addEventListener('abort', leave);
  });
}

function select(value: unknown, path: string | null | undefined, { context }: Run): unknown {
  if (path === undefined) return value;
  return path === null ? {} : requirePath(path, { input: value, context });
}

function checkSize(value: unknown, what: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes <= MOST_PAYLOAD_BYTES) return;
  throw new StatesError('States.DataLimitExceeded', `The ${what} has ${bytes} bytes, more than ${MOST_PAYLOAD_BYTES}`);
}
