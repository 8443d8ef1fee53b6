import type { CheckEvent } from '../event/check-event.ts';
import type { MessageWriter } from '../event/pack-events.ts';
import { type ParseJson, readMessage } from '../event/read-message.ts';
import { Rejection } from '../event/rejection.ts';
import type { ChainRunner } from '../pipeline/chain.ts';
import { type Chain, EventRun } from '../pipeline/event-run.ts';
import { finishEvent } from '../pipeline/finish-event.ts';
import { createBadEvents } from './bad-events.ts';
import type { BatchLimits } from './batch-limits.ts';
import type { BatchReport } from './batch-report.ts';
import type { FrameWriter } from './frames.ts';
import { hookErrorFrom, namedError } from './hook-error.ts';
import { inOrder } from './in-order.ts';
import type { Account, Configure } from './protocol.ts';
import { type CarefulSteps, type RecordEvents, runOneByOne, runTogether } from './run-events.ts';
import { createSeenEvents } from './seen-events.ts';
import type { DeliveryWriter } from './write-deliveries.ts';

export interface BatchDeps {
  configure: Configure;
  chains: Map<number, Chain>;
  runner: ChainRunner;
  report: BatchReport;
  writer: FrameWriter;
  /** Makes events in a realm of their own. */
  parse: ParseJson;
  checkEvent: CheckEvent;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** What all records of one batch share. */
export interface BatchRun extends BatchDeps {
  messages: MessageWriter;
  deliveries: DeliveryWriter;
  limits: BatchLimits;
  /** Null in the usual run, whose calls are not announced. */
  careful: CarefulSteps | null;
}

/** Longest JSON of one event, UTF-16 units. No queue takes a tenth of it; packing it first would take three times as many bytes. */
const MAX_EVENT_LENGTH = 20_000_000;

/** Runs the events of one message through their chains, and accounts for every one of them. */
export async function runRecord(record: number, messageId: string, body: string, batch: BatchRun): Promise<void> {
  const { report, configure } = batch;
  const account = report.openAccount();
  let values: unknown[];
  try {
    values = readMessage(body, configure.messageLimits, batch.parse);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    account.events = 1;
    account.deadLetters = 1;
    report.deadLetter({ record, reason: error.reason, detail: error.message });
    return;
  }

  const { length } = values;
  const bad = createBadEvents(record, length, configure.packLimits.maxBodyBytes);
  const write = inOrder((json: string, position) => batch.messages.add(json, record, position));
  const seen = createSeenEvents();
  let abandoned = 0;
  const events: RecordEvents = {
    count: length,
    beginAt(position) {
      const value = values[position];
      // What is done with can be collected: a record may hold ten megabytes of events.
      values[position] = null;
      try {
        return begin(value, record, position, messageId, batch);
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        account.deadLetters++;
        bad.add(value, position, error);
        write(position, null);
        return null;
      }
    },
    end(run) {
      if (run.abandoned) abandoned++;
      else seen.add(run.chain);
      write(run.position, run.abandoned ? null : conclude(run, account, batch));
    },
  };
  const begun = await (batch.careful === null
    ? runTogether(events, batch.runner, batch.limits, configure.concurrency)
    : runOneByOne(events, batch.runner, batch.limits, batch.careful));

  account.events = length;
  Object.assign(account, seen.take(account));
  for (const letter of bad.letters()) report.deadLetter(letter);
  if (abandoned > 0 || (begun < length && batch.limits.stopped)) account.unfinished = true;
  else if (begun < length) refuseRest(record, length - begun, account, batch);
}

/** Checks one event and makes its run. */
function begin(
  value: unknown,
  record: number,
  position: number,
  messageId: string,
  { chains, checkEvent }: BatchDeps,
): EventRun {
  const event = checkEvent(value, messageId, position);
  const chain = chains.get(event.team_id);
  if (chain === undefined) {
    throw new Rejection(
      'unknown_project',
      `There is no project ${event.team_id}; known are ${listSome([...chains.keys()])}`,
    );
  }
  return new EventRun(event, event.event === '$snapshot' ? (chain.snapshots ?? NO_PLUGINS) : chain, record, position);
}

/** Session recordings do not run through `processEvent`. */
const NO_PLUGINS: Chain = { plugins: [], succeeded: [], deferred: [] };

/** Accounts for one finished run and gives its JSON; null when a plugin dropped the event, or made too much of it. */
function conclude(run: EventRun, account: Account, { report, deliveries }: BatchRun): string | null {
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
    report.error(last.id, hookErrorFrom(error, 'processEvent', { uuid: run.uuid, event: '' }));
  }
  if (json.length > MAX_EVENT_LENGTH) {
    account.deadLetters++;
    const detail = `The event has ${json.length} characters after the plugins; at most ${MAX_EVENT_LENGTH} are written`;
    report.deadLetter({ record: run.record, position: run.position, reason: 'event_too_large', detail });
    return null;
  }
  account.ingested++;
  if (run.chain.deliveries !== undefined) deliveries.add(run, run.chain.deliveries, json);
  return json;
}

/** The plugins made too much of the events before these: coming again would change nothing, so the message is kept for a human. */
function refuseRest(record: number, count: number, account: Account, { report, limits }: BatchRun): void {
  account.deadLetters += count;
  const detail = `${count} events were left when the output of this message was ${limits.recordExcessBytes()} bytes over its limit; those before them were processed`;
  report.deadLetter({ record, reason: 'output_too_large', detail, ...(count > 1 ? { count } : {}) });
}

function listSome(ids: number[]): string {
  if (ids.length === 0) return 'none';
  return ids.length <= 10 ? ids.join(', ') : `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more`;
}
