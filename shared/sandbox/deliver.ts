import type { MessageLimits, ParseJson } from '../event/read-message.ts';
import { createBatchLimits } from './batch-limits.ts';
import type { BatchReport } from './batch-report.ts';
import type { Deliver, DeliveryAccount } from './delivery.ts';
import { type Lane, type LaneRun, runLane } from './delivery-lane.ts';
import type { FrameWriter } from './frames.ts';
import type { Plugin } from './plugin.ts';

export interface DeliverDeps {
  find(plugin: number): Plugin | undefined;
  writer: FrameWriter;
  report: Pick<BatchReport, 'error' | 'log'>;
  /** Makes values in a realm that holds nothing but data. */
  parse: ParseJson;
  messageLimits: MessageLimits;
  hookTimeoutMilliseconds: number;
  /** How many captures have led to the events of a message. */
  hopsOf(record: number): number;
  /** Calls of one plugin config that may wait at the same time. */
  concurrency: number;
  timeoutsBeforeSuspension: number;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** What one plugin config may use of the time when others wait for the end of the same batch, as a multiple of a hook's. */
const HOOK_TIMES_PER_LANE = 2;

/**
 * Delivers messages: those of one plugin config one after the other, different plugin configs side by side, so that one that is slow or fails
 * does not hold up another. Begins no call after `stopAt`. Never throws for what a plugin does.
 */
export async function runDeliveries(
  deliver: Deliver,
  bodies: string[],
  stopAt: number,
  deps: DeliverDeps,
): Promise<DeliveryAccount[]> {
  const { clock } = deps;
  const startedAt = clock();
  const accounts = deliver.messages.map(
    (): DeliveryAccount => ({
      events: 0,
      exported: 0,
      notExported: 0,
      givenBack: 0,
      failed: 0,
      unfinished: 'time',
    }),
  );
  const limits = createBatchLimits({ clock, stopAt, maxOutputBytes: Number.POSITIVE_INFINITY, onStop: () => {} });
  const lanes = lanesOf(deliver);
  const laneStopAt = startedAt + HOOK_TIMES_PER_LANE * deps.hookTimeoutMilliseconds;
  const run: LaneRun = {
    ...deps,
    deliver,
    bodies,
    accounts,
    limits,
    isOver: () => limits.stopped || (lanes.length > 1 && !deliver.careful && clock() >= laneStopAt),
  };
  if (deliver.careful) for (const lane of lanes) await runLane(lane, run);
  else await Promise.all(lanes.map((lane) => runLane(lane, run)));
  return accounts;
}

/** Messages that may be put together. */
function lanesOf({ messages }: Deliver): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const [record, head] of messages.entries()) {
    const key = `${head.plugin} ${head.only} ${head.round}`;
    const lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, { ...head, records: [record] });
    else lane.records.push(record);
  }
  return [...lanes.values()];
}
