import { readDelivery } from '../event/read-delivery.ts';
import { Rejection } from '../event/rejection.ts';
import { createExportBuffer } from '../pipeline/export-buffer.ts';
import type { BatchLimits } from './batch-limits.ts';
import type { DeliverDeps } from './deliver.ts';
import type { Deliver, DeliveryAccount, DeliveryMessageHead, DeliveryPlace, RestHeader } from './delivery.ts';
import { callEventHook, eventHooks } from './event-hooks.ts';
import type { Plugin } from './plugin.ts';
import { FRAME, type Running } from './protocol.ts';
import { type ExportedEvent, runExport } from './run-export.ts';

/** The messages of one plugin config that may be put together, by their indexes. */
export interface Lane extends DeliveryMessageHead {
  records: number[];
}

/** What all lanes share. */
export interface LaneRun extends DeliverDeps {
  deliver: Deliver;
  bodies: string[];
  accounts: DeliveryAccount[];
  limits: BatchLimits;
  /** No further call may begin. */
  isOver(): boolean;
}

/** A lane under way. */
export interface LaneState {
  plugin: Plugin;
  round: number;
  run: LaneRun;
  /** Calls made. */
  calls: number;
  /** Calls that took too long. */
  timeouts: number;
  isSuspended(): boolean;
  /** Tells the parent what is about to run, in a careful run, unless it must not: then gives its error. */
  before(hook: string, place: DeliveryPlace): Promise<{ name: string; message: string } | null>;
}

/**
 * Most that is kept for one call of `exportEvents`, UTF-16 units: more than a batch of the queue usually comes to, and little enough for the
 * heap, whatever a plugin config asks for.
 */
const MAX_EXPORT_LENGTH = 32 * 1024 * 1024;

/** Delivers one lane's messages: first to the hooks for single events, then to `exportEvents`, over the messages' borders. */
export async function runLane(lane: Lane, run: LaneRun): Promise<void> {
  const plugin = run.find(lane.plugin);
  const isRefused = run.deliver.suspended.includes(lane.plugin);
  if (plugin === undefined || isRefused) {
    for (const record of lane.records) accountOf(run, record).unfinished = isRefused ? 'suspended' : 'absent';
    return;
  }
  const state = laneState(plugin, lane, run);
  const exports = createExports(state);
  const isOver = () => run.isOver() || state.isSuspended();
  const rests: Rest[] = [];
  for (const record of lane.records) {
    if (isOver()) break;
    const texts = readBody(record, run);
    if (texts === null) continue;
    const account = accountOf(run, record);
    account.events = texts.length;
    const called = lane.only === undefined ? await callEventHooks(texts, record, state, isOver) : texts.length;
    delete account.unfinished;
    await exports.add(called === texts.length ? texts : texts.slice(0, called), record);
    if (called < texts.length) rests.push({ record, only: lane.only, texts: texts.slice(called) });
  }
  if (!isOver()) await exports.flush();
  for (const [record, texts] of await exports.left()) rests.push({ record, only: 'exportEvents', texts });
  // Without a single call made, giving back would go on for ever; and who is suspended needs the pause until its messages come again.
  if (state.calls > 0 && !state.isSuspended()) for (const rest of rests) giveBack(rest, run);
  conclude(lane, state);
}

/** Events of one message for which there was no time. */
interface Rest {
  record: number;
  only?: RestHeader['only'] | undefined;
  texts: string[];
}

function giveBack({ record, only, texts }: Rest, run: LaneRun): void {
  const header: RestHeader = { record, events: texts.length, ...(only === undefined ? {} : { only }) };
  run.writer.sendWithHeader(FRAME.rest, header, Buffer.from(texts.join('\n')));
  accountOf(run, record).givenBack += texts.length;
}

/** Says of each message whether it is finished. */
function conclude(lane: Lane, state: LaneState): void {
  for (const record of lane.records) {
    const account = accountOf(state.run, record);
    const { events, exported, notExported, givenBack } = account;
    if (exported + notExported + givenBack < events) account.unfinished = 'time';
    if (account.unfinished !== 'time') continue;
    if (state.isSuspended()) account.unfinished = 'suspended';
    else if (events === 0 && state.calls > 0) account.unfinished = 'later';
  }
}

function laneState(plugin: Plugin, { round }: Lane, run: LaneRun): LaneState {
  const { careful, skips } = run.deliver;
  const state: LaneState = {
    plugin,
    round,
    run,
    calls: 0,
    timeouts: 0,
    isSuspended: () => state.timeouts >= run.timeoutsBeforeSuspension,
    async before(hook, { record, position }) {
      const skip = skips.find((one) => one.hook === hook && one.record === record && one.position === position);
      if (skip !== undefined) return skip.error;
      if (careful) {
        run.writer.sendJson(FRAME.running, { plugin: plugin.id, hook, record, position } satisfies Running);
        await run.writer.drained();
      }
      return null;
    },
  };
  return state;
}

/** The events of a message as JSON texts; null when it has none that can be read. */
function readBody(
  record: number,
  { bodies, parse, messageLimits, accounts, report, deliver }: LaneRun,
): string[] | null {
  try {
    const body = bodies[record] as string;
    bodies[record] = '';
    return readDelivery(body, messageLimits, parse);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    (accounts[record] as DeliveryAccount).unfinished = 'unreadable';
    const plugin = (deliver.messages[record] as DeliveryMessageHead).plugin;
    report.log({ plugin, source: 'SYSTEM', level: 'ERROR', message: `A delivery makes no sense: ${error.message}` });
    return null;
  }
}

/** Calls the hooks for single events, as many side by side as may be. @returns for how many events all were called. */
async function callEventHooks(
  texts: string[],
  record: number,
  state: LaneState,
  isOver: () => boolean,
): Promise<number> {
  const { run } = state;
  const hooks = eventHooks(state.plugin);
  if (hooks === null) return texts.length;
  const { careful } = run.deliver;
  let next = 0;
  let called = 0;
  const work = async (): Promise<void> => {
    while (next < texts.length) {
      if (run.limits.isDueToYield()) await run.limits.yield();
      // Others went on meanwhile.
      if (isOver() || next >= texts.length) return;
      const position = next++;
      const text = texts[position] as string;
      for (const hook of hooks.for(text)) {
        const place = { record, position };
        const refusal = careful ? await state.before(hook.name, place) : null;
        const answer = callEventHook(hook, text, place, refusal, state);
        if (answer !== undefined) await answer;
        // What it left in the microtasks does its harm while its name is the last announced.
        if (careful) await new Promise((resolve) => setImmediate(resolve));
      }
      called++;
    }
  };
  await Promise.all(Array.from({ length: careful ? 1 : Math.min(run.concurrency, texts.length) }, work));
  return called;
}

/** Collects events for `exportEvents` and has it called, several calls side by side. */
function createExports(state: LaneState) {
  const { plugin, run } = state;
  const { bufferLength, ignored } = plugin.exportSettings;
  const canExport = plugin.hooks.find('exportEvents') !== null;
  const buffer = createExportBuffer<ExportedEvent>(Math.min(bufferLength, MAX_EXPORT_LENGTH));
  const waiting = new Set<Promise<void>>();
  const atOnce = run.deliver.careful ? 1 : run.concurrency;

  const isWanted = (text: string): boolean => {
    if (!canExport || isSnapshot(text, run)) return false;
    return ignored.size === 0 || !ignored.has(nameOf(text, run));
  };
  const left: ExportedEvent[] = [];
  const begin = async (batch: ExportedEvent[]): Promise<void> => {
    while (waiting.size >= atOnce) await Promise.race(waiting);
    if (run.isOver() || state.isSuspended()) {
      left.push(...batch);
      return;
    }
    const call: Promise<void> = runExport(batch, state).finally(() => waiting.delete(call));
    waiting.add(call);
  };

  return {
    async add(texts: string[], record: number): Promise<void> {
      const account = accountOf(run, record);
      for (const [position, text] of texts.entries()) {
        if (run.limits.isDueToYield()) await run.limits.yield();
        if (!isWanted(text)) account.notExported++;
        else for (const batch of buffer.add({ text, record, position }, text.length)) await begin(batch);
      }
    },
    async flush(): Promise<void> {
      const rest = buffer.flush();
      if (rest !== null) await begin(rest);
    },
    /** Waits for the calls under way, and gives what there was no time for, by message. */
    async left(): Promise<Map<number, string[]>> {
      await Promise.all(waiting);
      left.push(...(buffer.flush() ?? []));
      const byRecord = Map.groupBy(left, ({ record }) => record);
      return new Map([...byRecord].map(([record, events]) => [record, events.map(({ text }) => text)]));
    },
  };
}

/** Most texts need no parsing to know that they are none. */
function isSnapshot(text: string, run: LaneRun): boolean {
  return text.includes('"$snapshot"') && nameOf(text, run) === '$snapshot';
}

function nameOf(text: string, { parse }: LaneRun): string {
  return String((parse(text) as { event?: unknown }).event);
}

function accountOf({ accounts }: LaneRun, record: number): DeliveryAccount {
  return accounts[record] as DeliveryAccount;
}
