import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFunctionLifecycle } from '../../../functions/lifecycle/function-lifecycle.ts';
import type { MetricLine } from '../../../shared/aws/embedded-metrics.ts';
import { allTaken, type BusAnswer, startEventBusServer } from '../../support/event-bus-server.ts';

beforeEach(() => {
  // As Lambda sets them.
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => vi.unstubAllEnvs());

/** Tells of a plugin, with so much of the function's time left, to a bus that answers so. */
async function tellAndFlush(answer: BusAnswer | typeof allTaken, remainingMilliseconds = 25_000) {
  await using server = await startEventBusServer(typeof answer === 'function' ? answer : () => answer);
  const warnings: [message: string, details: Record<string, unknown>][] = [];
  const metrics: MetricLine[] = [];
  const lifecycle = createFunctionLifecycle({
    functionName: 'run-tasks',
    bus: 'Hoglet-lifecycle',
    endpoint: server.url,
    logger: { warn: (...warning) => void warnings.push(warning) },
    writeMetricLine: (line) => void metrics.push(line),
    sleep: (milliseconds) => sleep(milliseconds),
    now: Date.now,
    clock: () => performance.now(),
  });
  lifecycle.tell({ type: 'Plugin recovered', pluginConfig: 7 });
  const startedAt = performance.now();
  await lifecycle.flush({ getRemainingTimeInMillis: () => remainingMilliseconds });
  return { requests: server.requests, warnings, metrics, milliseconds: performance.now() - startedAt };
}

it('what a function tells of arrives on its bus, and leaves no line', async () => {
  const { requests, warnings, metrics } = await tellAndFlush(allTaken);

  expect(requests).toMatchObject([
    [{ EventBusName: 'Hoglet-lifecycle', Source: 'hoglet', DetailType: 'Plugin recovered' }],
  ]);
  expect(JSON.parse(requests[0]?.[0]?.Detail ?? '')).toMatchObject({ version: 1, function: 'run-tasks' });
  expect([warnings, metrics]).toEqual([[], []]);
});

it('what the bus does not take after three attempts is in the log, and counted', async () => {
  const { requests, warnings, metrics } = await tellAndFlush({ status: 500, body: { __type: 'InternalException' } });

  expect(requests).toHaveLength(3);
  expect(warnings).toEqual([
    [
      expect.stringContaining('1 lifecycle events were not put on the bus: InternalException'),
      {
        lifecycleEvents: [{ type: 'Plugin recovered', detail: expect.objectContaining({ pluginConfig: 7 }) }],
      },
    ],
  ]);
  expect(metrics).toMatchObject([{ function: 'run-tasks', LifecycleEventsLost: 1 }]);
});

it('a bus that never answers holds the function up for two seconds', async () => {
  const { milliseconds, metrics } = await tellAndFlush('never');

  expect(milliseconds).toBeGreaterThan(1500);
  expect(milliseconds).toBeLessThan(3000);
  expect(metrics).toMatchObject([{ LifecycleEventsLost: 1 }]);
});

it('a function whose time is nearly over answers first: its batch must not come again for this', async () => {
  const short = await tellAndFlush('never', 700);
  const over = await tellAndFlush(allTaken, 400);

  expect(short.milliseconds).toBeLessThan(600);
  expect(short.metrics).toMatchObject([{ LifecycleEventsLost: 1 }]);
  expect([over.requests, over.metrics.length]).toEqual([[], 1]);
});
