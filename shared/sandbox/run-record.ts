import { checkEvent } from '../event/check-event.ts';
import { compress, type MessageWriter } from '../event/pack-events.ts';
import { queueText } from '../event/queue-text.ts';
import { type ParseJson, readMessage } from '../event/read-message.ts';
import { Rejection } from '../event/rejection.ts';
import { type BeforeCall, type Chain, type ChainRunner, EventRun } from '../pipeline/chain.ts';
import { finishEvent } from '../pipeline/finish-event.ts';
import type { BatchReport } from './batch-report.ts';
import type { FrameWriter } from './frames.ts';
import { hookErrorFrom, namedError } from './hook-error.ts';
import { inOrder } from './in-order.ts';
import type { Account, Configure } from './protocol.ts';

/** Gzip level for the rare event that is too large for a dead letter in plain text. */
const DEAD_LETTER_COMPRESSION = { algorithm: 'gzip', level: 6 } as const;

export interface BatchDeps {
  configure: Configure;
  chains: Map<number, Chain>;
  runner: ChainRunner;
  report: BatchReport;
  writer: FrameWriter;
  /** Makes events in a realm of their own. */
  parse: ParseJson;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** Runs the events of one message through their chains, and accounts for every one of them. */
export async function runRecord(
  record: number,
  messageId: string,
  body: string,
  before: BeforeCall | null,
  messages: MessageWriter,
  deps: BatchDeps,
): Promise<void> {
  const account = deps.report.openAccount();
  let values: unknown[];
  try {
    values = readMessage(body, deps.configure.messageLimits, deps.parse);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    account.events = 1;
    account.deadLetters = 1;
    deps.report.deadLetter({ record, reason: error.reason, detail: error.message });
    return;
  }
  account.events = values.length;

  const write = inOrder((json: string, position) => messages.add(json, record, position));
  const beginAt = (position: number): EventRun | null => {
    const run = begin(values[position], record, position, messageId, values.length === 1, account, deps);
    // What is done with can be collected: a record may hold ten megabytes of events.
    values[position] = null;
    if (run === null) write(position, null);
    return run;
  };
  const end = (run: EventRun) => write(run.position, conclude(run, account, deps));
  if (before === null) await runTogether(values.length, beginAt, end, deps);
  else await runOneByOne(values.length, beginAt, end, before, deps);
}

/** Runs events side by side, as far as they wait: most never do, and those cost no promise. */
function runTogether(
  count: number,
  beginAt: (position: number) => EventRun | null,
  end: (run: EventRun) => void,
  deps: BatchDeps,
): Promise<void> {
  return new Promise((resolve) => {
    let next = 0;
    let waiting = 0;
    let starting = false;
    const onFinish = (run: EventRun) => {
      end(run);
      if (starting) return;
      waiting--;
      startMore();
    };
    const startMore = () => {
      while (next < count && waiting < deps.configure.concurrency) {
        const run = beginAt(next++);
        if (run === null) continue;
        run.onFinish = onFinish;
        starting = true;
        deps.runner.start(run);
        starting = false;
        if (!run.finished) waiting++;
      }
      if (next === count && waiting === 0) resolve();
    };
    startMore();
  });
}

async function runOneByOne(
  count: number,
  beginAt: (position: number) => EventRun | null,
  end: (run: EventRun) => void,
  before: BeforeCall,
  deps: BatchDeps,
): Promise<void> {
  for (let position = 0; position < count; position++) {
    const run = beginAt(position);
    if (run === null) continue;
    await deps.runner.startCarefully(run, before);
    end(run);
  }
}

/** Checks one event and makes its run; null when it is a dead letter. */
function begin(
  value: unknown,
  record: number,
  position: number,
  messageId: string,
  alone: boolean,
  account: Account,
  deps: BatchDeps,
): EventRun | null {
  try {
    const event = checkEvent(value, messageId, position);
    const chain = deps.chains.get(event.team_id);
    if (chain === undefined) {
      throw new Rejection(
        'unknown_project',
        `There is no project ${event.team_id}; known are ${listSome([...deps.chains.keys()])}`,
      );
    }
    return new EventRun(event, event.event === '$snapshot' ? NO_PLUGINS : chain, record, position);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    account.deadLetters++;
    const letter = { record, reason: error.reason, detail: error.message };
    const body = alone ? undefined : deadLetterBody(value, deps.configure.packLimits.maxBodyBytes);
    deps.report.deadLetter({ ...letter, ...(alone ? {} : { position }), ...(body === undefined ? {} : { body }) });
    return null;
  }
}

/** Session recordings do not run through `processEvent`. */
const NO_PLUGINS: Chain = { plugins: [], succeeded: [], deferred: [] };

/** Accounts for one finished run and gives its JSON; null when a plugin dropped the event. */
function conclude(run: EventRun, account: Account, deps: BatchDeps): string | null {
  if (run.droppedBy !== null) {
    const { id } = run.droppedBy;
    account.dropped[id] = (account.dropped[id] ?? 0) + 1;
    return null;
  }
  const { json, problem } = finishEvent(run);
  const last = run.chain.plugins.at(-1);
  if (problem !== undefined && last !== undefined) {
    const error = namedError(
      'TypeError',
      `The event cannot be written as JSON after this plugin or one before it: ${problem}`,
    );
    deps.report.error(last.id, hookErrorFrom(error, 'processEvent', { uuid: run.uuid, event: '' }));
  }
  account.ingested++;
  return json;
}

/** The event alone, as the body of its dead letter; undefined when it cannot be one, and the whole message must be kept. */
function deadLetterBody(value: unknown, maxBytes: number): string | undefined {
  let text: string;
  try {
    text = queueText(JSON.stringify(value));
  } catch {
    // JSON.parse reads nesting that is too deep for JSON.stringify.
    return undefined;
  }
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const compressed = compress(Buffer.from(text), DEAD_LETTER_COMPRESSION);
  return compressed.length <= maxBytes ? compressed.toString('latin1') : undefined;
}

function listSome(ids: number[]): string {
  if (ids.length === 0) return 'none';
  return ids.length <= 10 ? ids.join(', ') : `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more`;
}
