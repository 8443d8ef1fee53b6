import { createTestClock } from '../../local/time/test-clock.ts';
import type { CostChain } from './chains.ts';
import { metricCounts } from './measure-chain.ts';
import type { Reading } from './meter.ts';
import { startMeteredStack } from './metered-stack.ts';

export interface IdleReading extends Reading {
  hours: number;
  metrics: string[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** For some minutes after a change of the registry, more is asked than later. */
const SETTLING_MILLISECONDS = 600_000;

/**
 * Counts what a stack with plugins, to which no event comes, does in so many hours, on a clock that leaps. They begin at noon, UTC: what runs once a day, at
 * midnight, is not in them.
 */
export async function measureIdle(chain: CostChain, hours: number, assemblyDirectory: string): Promise<IdleReading> {
  const clock = createTestClock({ startAt: Math.ceil(Date.now() / DAY) * DAY + DAY / 2 });
  await using own = await startMeteredStack(assemblyDirectory, clock);
  await own.install(await chain.plugins(''));
  await clock.advance(SETTLING_MILLISECONDS);
  own.meter.read();
  const before = metricCounts(own.stack);
  await clock.advance(hours * HOUR);
  if (own.problems.length > 0) throw new Error(`idle: ${own.problems.join('; ')}`);
  const metrics = [...metricCounts(own.stack)].filter(([name, count]) => count > (before.get(name) ?? 0));
  return { hours, metrics: metrics.map(([name]) => name), ...own.meter.read() };
}
