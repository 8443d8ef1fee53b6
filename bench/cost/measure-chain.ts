import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalStack } from '../../local/start-local-stack.ts';
import { sendMessages } from '../../shared/aws/send-messages.ts';
import type { CostChain } from './chains.ts';
import type { Reading } from './meter.ts';
import { type MeteredStack, startMeteredStack } from './metered-stack.ts';
import { packedLoad } from './packed-load.ts';
import { startSlowSink } from './slow-sink.ts';
import { switchOffSchedules } from './switch-off-schedules.ts';

export interface ChainReading extends Reading {
  events: number;
  /** Names and dimensions of the metrics that were reported, as CloudWatch bills them. */
  metrics: string[];
}

/** What a server on the internet takes to answer, roughly. */
const SINK_MILLISECONDS = 50;

/** More is waiting than any batch takes, before the next are made: so batches are as full as the mapping lets them be. */
const MESSAGES_AT_ONCE = 200;

/** Nothing more comes when nothing was counted for so long. */
const QUIET_MILLISECONDS = 700;
/** Longer than the windows of all mappings. */
const STALL_MILLISECONDS = 120_000;
const LOOK_EVERY_MILLISECONDS = 20;

/**
 * Sends packed events through a stack and counts what AWS would ask for, from the sending of the first event, functions' starts
 * included, to the last delivery.
 *
 * @throws when not every event was ingested and delivered
 */
export async function measureChain(
  chain: CostChain,
  events: number,
  assemblyDirectory: string,
  progress: (text: string) => void,
): Promise<ChainReading> {
  await using sink = await startSlowSink(SINK_MILLISECONDS);
  await using own = await startMeteredStack(assemblyDirectory);
  await switchOffSchedules(own.stack);
  await own.install(await chain.plugins(sink.url));
  own.meter.read();

  const load = [...packedLoad(events, MESSAGES_AT_ONCE)].flat();
  const unsent = await sendMessages({ sqs: own.aws.sqs, sleep }, own.stack.outputs['EventsQueueUrl'] as string, load);
  if (unsent.length > 0)
    throw new Error(`${unsent.length} of ${load.length} messages could not be sent: ${unsent[0]?.reason}`);
  await finished(chain, events, own, progress);
  if (own.problems.length > 0) throw new Error(`${chain.name}: ${own.problems.join('; ')}`);
  return { events, metrics: [...metricCounts(own.stack).keys()], ...own.meter.read() };
}

/** How often each metric was reported so far, by namespace, name and dimensions, as CloudWatch bills them. */
export function metricCounts({ metrics }: Pick<LocalStack, 'metrics'>): Map<string, number> {
  return new Map(
    metrics
      .all()
      .map(({ namespace, name, dimensions, count }) => [JSON.stringify([namespace, name, dimensions]), count]),
  );
}

async function finished(
  { name, deliveries }: CostChain,
  events: number,
  { stack, meter }: MeteredStack,
  progress: (text: string) => void,
): Promise<void> {
  const sum = (metric: string) => stack.metrics.sum('Hoglet', metric, {});
  const ingested = () => sum('EventsIngested');
  const exported = () => sum('EventsExported');
  const isDone = () => ingested() >= events && exported() >= events * deliveries;
  let [ticks, changedAt] = [meter.ticks(), performance.now()];
  for (;;) {
    await sleep(LOOK_EVERY_MILLISECONDS);
    const isIdle = stack.functions.every((fn) => fn.environments().every(({ state }) => state === 'idle'));
    if (meter.ticks() !== ticks || !isIdle) [ticks, changedAt] = [meter.ticks(), performance.now()];
    progress(`${name}: ${ingested()} of ${events} events ingested${deliveries > 0 ? `, ${exported()} exported` : ''}`);
    const quiet = performance.now() - changedAt;
    if (isDone() && quiet > QUIET_MILLISECONDS) break;
    if (quiet > STALL_MILLISECONDS)
      throw new Error(`${name}: ${ingested()} of ${events} events were ingested, then nothing came`);
  }
  if (ingested() !== events || exported() !== events * deliveries) {
    throw new Error(`${name}: of ${events} events ${ingested()} were ingested and ${exported()} exported`);
  }
}
