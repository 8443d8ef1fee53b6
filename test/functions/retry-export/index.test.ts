import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { FailedExport } from '../../../functions/exports/failed-export.ts';
import {
  createRetryExport,
  type RetryExportDeps,
  type RetryExportInput,
} from '../../../functions/retry-export/index.ts';
import type { PluginMetric } from '../../../shared/sandbox/plugin-report.ts';
import { createTestHost, pluginOf } from '../../support/plugin-host.ts';
import { failedExport } from '../exports/failed-export.ts';

const host = createTestHost();
afterAll(() => host.stop());

/** Runs the handler with a real plugin host, in which plugin config 7 is this code. */
async function retry(
  code: string,
  input: Partial<RetryExportInput> = {},
  overrides: Partial<RetryExportDeps> = {},
  awsRequestId = 'attempt-1',
) {
  await host.use(pluginOf(7, code));
  const metrics: PluginMetric[] = [];
  const refused: { count: number }[] = [];
  const buried: FailedExport[] = [];
  const errors: string[] = [];
  const handler = createRetryExport({
    plugins: { refresh: async () => {}, find: () => ({}) as never },
    host,
    readObject: async () => gzipSync(failedExport().lines),
    bury: async (failed) => void buried.push(failed),
    recordPluginErrors: async (result) => void errors.push(...result.errors.map(({ last }) => last.name)),
    reportMetrics(measured) {
      metrics.push(...(measured.metrics ?? []));
      refused.push(...(measured.refusedConnections ?? []));
    },
    clock: () => performance.now(),
    ...overrides,
  });
  const { lines: _, error: __, ...batch } = failedExport();
  const result = await handler(
    { ...batch, key: 'exports/7/x', ...input },
    { getRemainingTimeInMillis: () => 60_000, awsRequestId },
  ).then(
    (value) => ({ value }),
    (error: Error) => ({ error: error.name, message: error.message }),
  );
  return {
    result,
    buried,
    errors,
    refused,
    metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  };
}

describe('retry-export', () => {
  it('gives the events to exportEvents as they were, and counts them as delivered', async () => {
    const code = `exports.exportEvents = (events, { cache }) => cache.set('got', events.map(({ event }) => event));`;

    const { result, metrics } = await retry(code);

    expect(result).toEqual({ value: { delivered: 2 } });
    expect(metrics).toEqual({ events_delivered_successfully: 2 });
    expect(host.cache.get('7:got')).toBe('["a","b"]');
  });

  it('goes on from the hops of its events, and what an attempt captures is its own', async () => {
    const code = `exports.exportEvents = (events) => { posthog.capture('tried'); posthog.capture('tried'); };`;
    const { captured } = host.memory;

    await retry(code, { hops: 4 });
    await retry(code, { hops: 4 });
    await retry(code, {}, {}, 'attempt-2');

    const [first, second, third] = [captured.slice(0, 2), captured.slice(2, 4), captured.slice(4)];
    expect(captured.map(({ hops }) => hops)).toEqual([5, 5, 5, 5, 1, 1]);
    expect(second?.map(({ uuid }) => uuid)).toEqual(first?.map(({ uuid }) => uuid));
    expect(new Set([...(first ?? []), ...(third ?? [])].map(({ uuid }) => uuid)).size).toBe(4);
  });

  it('throws RetryError when the plugin did, or took too long, and counts it', async () => {
    const thrown = await retry(`exports.exportEvents = () => { throw new RetryError('later'); };`);
    const late = await retry(`exports.exportEvents = () => new Promise(() => {});`);

    expect(thrown.result).toEqual({ error: 'RetryError', message: 'RetryError: later' });
    expect(late.result).toMatchObject({ error: 'RetryError' });
    expect([thrown.metrics, late.metrics]).toEqual([{ retry_errors: 2 }, { retry_errors: 2 }]);
    expect([thrown.errors, late.errors]).toEqual([['RetryError'], ['TimeoutError']]);
  });

  it('throws another error for any other, which is counted as such now and as undelivered when it is given up', async () => {
    const { result, metrics } = await retry(`exports.exportEvents = () => { throw new TypeError('no'); };`);

    expect(result).toEqual({ error: 'ExportError', message: 'TypeError: no' });
    expect(metrics).toEqual({ other_errors: 2 });
  });

  it('tells of connections that the plugin was refused', async () => {
    const { refused } = await retry(`exports.exportEvents = () => fetch('http://127.0.0.1:8080/');`);

    expect(refused).toMatchObject([{ count: 1 }]);
  });

  it('asks again later, without an error of the plugin, while it is not loaded', async () => {
    const { result, metrics, errors } = await retry(`throw new Error('not yet');`);

    expect(result).toMatchObject({ error: 'RetryError' });
    expect([metrics, errors]).toEqual([{}, []]);
  });

  it('asks again later when the host has troubles of its own', async () => {
    const { result, metrics } = await retry('', {}, { readObject: () => Promise.reject(new Error('S3 is away')) });

    expect(result).toEqual({ error: 'RetryError', message: 'The export could not be tried: S3 is away' });
    expect(metrics).toEqual({});
  });

  it('does not ask a plugin that is disabled', async () => {
    const plugins = { refresh: async () => {}, find: () => undefined };

    const { result } = await retry(`exports.exportEvents = () => {};`, {}, { plugins });

    expect(result).toMatchObject({ error: 'PluginDisabledError' });
  });

  it.each([
    ['{"errorType":"RetryError","errorMessage":"RetryError: later","trace":[]}', 'RetryError: later'],
    ['States.Timeout', 'States.Timeout'],
  ])('keeps a batch that is given up with its last error: %s', async (Cause, message) => {
    const { result, buried, metrics } = await retry('', { error: { Error: 'RetryError', Cause } });

    expect(result).toEqual({ value: { delivered: 0 } });
    expect(buried).toMatchObject([{ ...failedExport(), error: { name: 'RetryError', message } }]);
    expect(metrics).toEqual({ undelivered_events: 2 });
  });
});
