import { createHash } from 'node:crypto';
import type { Cause } from './causes.ts';
import { type ExportHeader, type ExportPlace } from './delivery.ts';
import type { LaneState } from './delivery-lane.ts';
import { hookErrorFrom, namedError } from './hook-error.ts';
import { FRAME, type HookError } from './protocol.ts';
import { within } from './time-limit.ts';

/** An event on its way into `exportEvents`, and where it came from. */
export interface ExportedEvent {
  /** JSON. */
  text: string;
  record: number;
  position: number;
}

const NOTHING = Buffer.alloc(0);

/** Calls `exportEvents` once, accounts for its events and tells the parent how it ended. Never throws. */
export async function runExport(batch: ExportedEvent[], state: LaneState): Promise<void> {
  const { plugin, round, run } = state;
  state.calls++;
  const [first] = batch;
  if (first === undefined) return;
  const { record, position } = first;
  const place: ExportPlace = { record, position, events: batch.length };
  const parts = partsOf(batch);
  if (!run.deliver.ended.some((one) => isSame(one, place))) {
    const error = await callExport(batch, place, state);
    if (error !== null) run.report.error(plugin.id, error);
    const header: ExportHeader = { ...place, plugin: plugin.id, round, parts, ...(error === null ? {} : { error }) };
    const events = error === null ? NOTHING : Buffer.from(batch.map(({ text }) => text).join('\n'));
    run.writer.sendWithHeader(FRAME.export, header, events);
  }
  for (const part of parts) {
    const account = run.accounts[part.record];
    if (account !== undefined) account.exported += part.events;
  }
}

async function callExport(batch: ExportedEvent[], place: ExportPlace, state: LaneState): Promise<HookError | null> {
  const { plugin, run } = state;
  const hook = plugin.hooks.find('exportEvents');
  if (hook === null) return null;
  try {
    const refusal = await state.before('exportEvents', place);
    if (refusal !== null) throw namedError(refusal.name, refusal.message);
    const events = plugin.values.parse(`[${batch.map(({ text }) => text).join(',')}]`);
    await within(
      run.hookTimeoutMilliseconds,
      plugin.causing(causeOf(batch, state), () => hook(events, plugin.meta)),
    );
    // What it left in the microtasks does its harm while its name is the last announced.
    if (run.deliver.careful) await new Promise((resolve) => setImmediate(resolve));
    return null;
  } catch (thrown) {
    const error = hookErrorFrom(thrown, 'exportEvents');
    const isLate = error.name === 'TimeoutError';
    if (isLate) state.timeouts++;
    // Events that were too slow to go out are tried again, as after a RetryError.
    return { ...error, retry: error.retry || isLate };
  }
}

/** All events of the call have led to what it starts; they come together again when their messages do. */
function causeOf(batch: ExportedEvent[], { round, run }: LaneState): Cause {
  return {
    hook: 'exportEvents',
    id: () =>
      batch.reduce((hash, { text }) => hash.update(text), createHash('sha256').update(`${round}`)).digest('hex'),
    hops: batch.reduce((most, { record }) => Math.max(most, run.hopsOf(record)), 0),
  };
}

/** Events of one message follow each other. */
function partsOf(batch: ExportedEvent[]): ExportHeader['parts'] {
  const parts: ExportHeader['parts'] = [];
  for (const { record } of batch) {
    const last = parts.at(-1);
    if (last?.record === record) last.events++;
    else parts.push({ record, events: 1 });
  }
  return parts;
}

function isSame(one: ExportPlace, other: ExportPlace): boolean {
  return one.record === other.record && one.position === other.position && one.events === other.events;
}
