import type { SQSRecordAttributes } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Measured } from '../../../functions/plugin-reports/plugin-metrics.ts';
import { createBatchReporter } from '../../../functions/process-events/report-batch.ts';
import type { MetricLine } from '../../../shared/aws/embedded-metrics.ts';
import type { Account } from '../../../shared/sandbox/protocol.ts';
import { account, batchResult } from './batch-result.ts';

/** Runs a report over messages `message-0`, `message-1` …; `received` is how often each was received. */
function linesOf(
  accounts: Account[],
  failed: number[] = [],
  received = 1,
  measurements: Measured[] = [],
): MetricLine[] {
  const lines: MetricLine[] = [];
  createBatchReporter(
    (line) => void lines.push(line),
    (measured) => void measurements.push(measured),
    () => 1_700_000_000_000,
  )({
    batch: batchResult({ accounts }),
    records: accounts.map((_, index) => ({
      messageId: `message-${index}`,
      attributes: { ApproximateReceiveCount: String(received) } as SQSRecordAttributes,
    })),
    failed: new Set(failed),
    milliseconds: 12.6,
  });
  return lines;
}

const ACCOUNTS = [
  account({ events: 3, ingested: 3 }),
  account({ events: 5, ingested: 1, dropped: { 7: 2, 8: 1 }, failed: { 8: 1, 9: 3 }, deadLetters: 1 }),
  account({ events: 10, ingested: 10 }),
];

describe('the metrics of a batch', () => {
  it('add up over the messages that are acknowledged: a message that comes again is counted then', () => {
    const [line] = linesOf(ACCOUNTS, [2]);

    expect(line).toMatchObject({
      function: 'process-events',
      MessagesReceived: 3,
      MessagesFailed: 1,
      EventsReceived: 8,
      EventsIngested: 4,
      EventsDropped: 3,
      EventsDeadLettered: 1,
      HookFailures: 4,
      BatchDuration: 13,
    });
  });

  it('name each plugin config that dropped or failed, with its own counts', () => {
    const [, ...ofPlugins] = linesOf(ACCOUNTS);

    expect(
      ofPlugins
        .map(({ pluginConfig, EventsDropped, HookFailures }) => [pluginConfig, EventsDropped, HookFailures])
        .sort((a, b) => Number(a[0]) - Number(b[0])),
    ).toEqual([
      ['7', 2, 0],
      ['8', 1, 1],
      ['9', 0, 3],
    ]);
  });

  it('count for the history what came to each plugin config, also where nothing went wrong', () => {
    const measurements: Measured[] = [];
    const accounts = [
      account({ events: 5, ingested: 4, dropped: { 7: 1 }, failed: { 8: 2 }, seen: { 7: 5, 8: 4 } }),
      account({ events: 2, ingested: 2, seen: { 7: 2, 8: 2 } }),
      account({ events: 9, ingested: 9, seen: { 7: 9, 8: 9 } }),
    ];

    const [line] = linesOf(accounts, [2], 1, measurements);

    const sums: Record<string, number> = {};
    for (const { plugin, name, value } of measurements.flatMap(({ counts = [] }) => counts))
      sums[`${name} ${plugin}`] = (sums[`${name} ${plugin}`] ?? 0) + value;
    expect(sums).toEqual({ 'EventsSeen 7': 7, 'EventsSeen 8': 6, 'EventsDropped 7': 1, 'HookFailures 8': 2 });
    expect(JSON.stringify(line)).not.toContain('seen');
  });

  it('carry the account of every acknowledged message of which not all was ingested, and none of a failed one', () => {
    const messagesIn = (line: MetricLine | undefined) =>
      (line?.['account'] as { messageId: string }[] | undefined)?.map(({ messageId }) => messageId);

    expect(messagesIn(linesOf(ACCOUNTS)[0])).toEqual(['message-1']);
    expect(messagesIn(linesOf(ACCOUNTS, [1])[0])).toEqual([]);
  });

  it('carry the account of every message that was received before, since it corrects an earlier one', () => {
    const [line] = linesOf(ACCOUNTS, [1], 2);

    expect(line?.['account']).toMatchObject([{ messageId: 'message-0', ingested: 3 }, { messageId: 'message-2' }]);
  });

  it('carry more accounts than one line takes in further lines, which are no metrics', () => {
    const accounts = Array.from({ length: 2500 }, () => account({ ingested: 0, deadLetters: 1 }));

    const lines = linesOf(accounts);

    expect(lines.flatMap((line) => line['account'])).toHaveLength(2500);
    expect(lines.filter((line) => '_aws' in line)).toHaveLength(1);
    expect(lines.filter((line) => JSON.stringify(line).length > 256_000)).toEqual([]);
  });

  it('are in the embedded metric format: every metric that is named has a value, every dimension too', () => {
    for (const line of linesOf(ACCOUNTS)) {
      const { Timestamp, CloudWatchMetrics } = line['_aws'] as {
        Timestamp: number;
        CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
      };
      expect(Timestamp).toBe(1_700_000_000_000);
      expect(CloudWatchMetrics).toMatchObject([{ Namespace: 'Hoglet' }]);
      for (const { Name } of CloudWatchMetrics[0]?.Metrics ?? []) expect(line[Name]).toEqual(expect.any(Number));
      for (const name of CloudWatchMetrics[0]?.Dimensions.flat() ?? []) expect(line[name]).toEqual(expect.any(String));
    }
  });
});
