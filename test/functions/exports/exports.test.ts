import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buryExport } from '../../../functions/exports/bury-export.ts';
import type { ExportDeadLetter } from '../../../functions/exports/export-dead-letters.ts';
import { exportDeadLetters } from '../../../functions/exports/export-dead-letters.ts';
import { type ExportOutcome, exportMetrics, givenUpMetrics } from '../../../functions/exports/export-metrics.ts';
import { startRetry } from '../../../functions/exports/start-retry.ts';
import { MAX_BATCH_BYTES, messageBytes } from '../../../shared/aws/group-messages.ts';
import { readDelivery } from '../../../shared/event/read-delivery.ts';
import { DEFAULT_MESSAGE_LIMITS } from '../../../shared/event/read-message.ts';
import { failedExport } from './failed-export.ts';

const linesIn = (letters: ExportDeadLetter[]) =>
  letters.flatMap(({ body }) => readDelivery(body, DEFAULT_MESSAGE_LIMITS)).join('\n');

describe('a batch that is given up', () => {
  it('becomes a delivery that calls exportEvents alone when it is sent again, with its story', () => {
    const failed = failedExport();

    const letters = exportDeadLetters(failed);

    expect(letters).toMatchObject([
      {
        group: '7',
        attributes: {
          pluginConfig: '7',
          events: '2',
          only: 'exportEvents',
          round: '1',
          reason: 'export_failed',
          detail: 'TypeError: no',
          pluginVersion: 'c0de',
        },
      },
    ]);
    expect(linesIn(letters)).toBe(failed.lines);
  });

  it('is whole, in messages that a queue takes, however large it is and however long its error', () => {
    const lines = Array.from({ length: 40 }, () =>
      JSON.stringify({ noise: randomBytes(100_000).toString('hex') }),
    ).join('\n');

    const letters = exportDeadLetters(
      failedExport({ events: 40, lines, error: { name: 'Error', message: '漢'.repeat(5000) } }),
    );

    expect(linesIn(letters)).toBe(lines);
    expect(letters.reduce((sum, { attributes }) => sum + Number(attributes.events), 0)).toBe(40);
    for (const letter of letters) expect(messageBytes(letter)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
  });

  it('keeps how many captures have led to it, dead or tried again', async () => {
    const inputs: object[] = [];
    const stateMachine = { start: async (_: string, input: object) => void inputs.push(input) };
    for (const batch of [failedExport({ hops: 4 }), failedExport()])
      await startRetry(batch, { putObject: async () => {}, stateMachine });

    expect(exportDeadLetters(failedExport({ hops: 4 }))[0]?.attributes.hops).toBe('4');
    expect(inputs).toMatchObject([{ hops: 4 }, {}]);
    expect(inputs[1]).not.toHaveProperty('hops');
  });

  it('is not safe before all of it is', async () => {
    await expect(buryExport(failedExport(), async (letters) => letters)).rejects.toThrow('1 of 1 dead letters');
  });
});

describe('a batch that is to be tried again', () => {
  const start = async (...batches: ReturnType<typeof failedExport>[]) => {
    const objects = new Map<string, string>();
    const executions: { name: string; input: object }[] = [];
    for (const batch of batches)
      await startRetry(batch, {
        putObject: async (key, content) => void objects.set(key, gunzipSync(content).toString('utf8')),
        stateMachine: { start: async (name, input) => void executions.push({ name, input }) },
      });
    return { objects, executions };
  };

  it('lies in the bucket, and its execution knows where', async () => {
    const { objects, executions } = await start(failedExport());

    expect(executions).toMatchObject([{ input: { pluginConfig: 7, round: 0, events: 2, pluginVersion: 'c0de' } }]);
    const [{ input } = { input: {} }] = executions;
    const { key } = input as { key: string };
    expect(objects).toEqual(new Map([[key, failedExport().lines]]));
    expect(key).toMatch(/^exports\/7\/[0-9a-f]{64}\.ndjson\.gz$/);
  });

  it('has the same name when it arrives twice, and another one for other events, plugin configs and rounds', async () => {
    const { executions } = await start(
      failedExport(),
      failedExport({ error: { name: 'RetryError', message: 'other words' } }),
      failedExport({ lines: '{"event":"c"}' }),
      failedExport({ pluginConfig: 8 }),
      failedExport({ round: 1 }),
    );

    const names = executions.map(({ name }) => name);
    expect(names[0]).toBe(names[1]);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[\w-]{1,80}$/);
  });
});

describe('the metrics of exports', () => {
  const sums = (attempts: ExportOutcome[], isGivenUp: boolean) => {
    const metrics = [
      ...attempts.flatMap((outcome, index) => exportMetrics(7, 2, outcome, { isFirst: index === 0 })),
      ...(isGivenUp ? givenUpMetrics(7, 2) : []),
    ];
    return Object.fromEntries(
      [...Map.groupBy(metrics, ({ name }) => name)].map(([name, all]) => [
        name,
        all.reduce((sum, one) => sum + one.value, 0),
      ]),
    );
  };

  it.each<[string, ExportOutcome[], boolean, object]>([
    ['taken at once', ['delivered'], false, { events_seen: 2, events_delivered_successfully: 2 }],
    ['refused for good', ['undelivered'], false, { events_seen: 2, other_errors: 2, undelivered_events: 2 }],
    [
      'taken at the third attempt',
      ['retry', 'retry', 'delivered'],
      false,
      { events_seen: 2, retry_errors: 4, events_delivered_successfully: 2 },
    ],
    [
      'refused by 16 attempts',
      Array.from({ length: 16 }, () => 'retry'),
      true,
      { events_seen: 2, retry_errors: 32, undelivered_events: 2 },
    ],
    ['still waiting', ['retry'], false, { events_seen: 2, retry_errors: 2 }],
  ])('count two events that are %s as PostHog did', (_, attempts, isGivenUp, expected) => {
    expect(sums(attempts, isGivenUp)).toEqual(expected);
  });
});
