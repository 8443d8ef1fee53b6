import { expect, test } from 'vitest';
import { createMetrics } from '../../../local/cloudwatch/metrics.ts';

const line = (values: Record<string, unknown>, dimensions?: string[][], names = ['Events']) =>
  JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        { Namespace: 'Test', Dimensions: dimensions, Metrics: names.map((Name) => ({ Name, Unit: 'Count' })) },
      ],
    },
    ...values,
  });

test('values add up by namespace, name and dimensions, whatever the order of the dimensions', () => {
  const metrics = createMetrics();
  metrics.readLine(line({ fn: 'a', plugin: 1, Events: 2 }, [['fn', 'plugin']]));
  metrics.readLine(line({ fn: 'a', plugin: 1, Events: [3, 4] }, [['plugin', 'fn']]));
  metrics.readLine(line({ fn: 'b', plugin: 1, Events: 5 }, [['fn', 'plugin']]));

  expect(metrics.all()).toEqual([
    expect.objectContaining({
      dimensions: { fn: 'a', plugin: '1' },
      count: 3,
      sum: 9,
      minimum: 2,
      maximum: 4,
      unit: 'Count',
    }),
    expect.objectContaining({ dimensions: { fn: 'b', plugin: '1' }, count: 1, sum: 5 }),
  ]);
  expect(metrics.sum('Test', 'Events')).toBe(14);
  expect(metrics.sum('Test', 'Events', { fn: 'b' })).toBe(5);
  expect(metrics.sum('Test', 'Other')).toBe(0);
});

test('each dimension set is a metric of its own, and none at all is one', () => {
  const metrics = createMetrics();
  metrics.readLine(line({ fn: 'a', Events: 1 }, [['fn'], []]));
  metrics.readLine(line({ Events: 10 }));

  expect(metrics.all().map(({ dimensions, sum }) => ({ dimensions, sum }))).toEqual([
    { dimensions: { fn: 'a' }, sum: 1 },
    { dimensions: {}, sum: 11 },
  ]);
});

test('a line counts also with what Lambda’s console puts before it', () => {
  const metrics = createMetrics();
  metrics.readLine(`2026-01-02T03:04:05.678Z\t8b2f-1\tINFO\t${line({ Events: 2 })}`);

  expect(metrics.sum('Test', 'Events')).toBe(2);
});

test('a line that is not wholly in the format counts for nothing', () => {
  const metrics = createMetrics();
  for (const other of ['', 'text', '{"_aws"', '{"Events":1}', `see ${line({ Events: 1 })}`]) metrics.readLine(other);

  expect(metrics.all()).toEqual([]);
});
