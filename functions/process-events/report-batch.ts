import type { SQSRecord } from 'aws-lambda';
import { embeddedMetrics, type MetricLine } from '../../shared/aws/embedded-metrics.ts';
import type { BatchResult } from '../../shared/host/run-batch.ts';
import type { Account } from '../../shared/sandbox/protocol.ts';
import type { HostCount } from '../plugin-reports/host-counts.ts';
import type { Measured } from '../plugin-reports/plugin-metrics.ts';

export interface BatchFacts {
  batch: BatchResult;
  records: Pick<SQSRecord, 'messageId' | 'attributes'>[];
  /** Indexes of the records that come again. */
  failed: Set<number>;
  milliseconds: number;
}

/** CloudWatch takes 256 KB per line; an account is some 150 bytes. */
const ACCOUNTS_PER_LINE = 1000;

export type ReportBatch = (facts: BatchFacts) => void;

/**
 * Writes the batch's metrics (namespace `Hoglet`): one line for the function, and one for each plugin config that dropped or failed. What
 * plugins have measured, and what came to each of them, goes to `measure`.
 * The function's line carries the account of every acknowledged message that was more than "all ingested", and of every one that was
 * received before: a redelivered message is accounted for again, so the latest account of a message counts.
 */
export function createBatchReporter(
  write: (line: MetricLine) => void,
  measure: (measured: Measured) => void,
  now: () => number,
): ReportBatch {
  return ({ batch, records, failed, milliseconds }) => {
    const done = batch.accounts
      .map((account, record) => ({ account, record, messageId: records[record]?.messageId ?? '' }))
      .filter(({ record }) => !failed.has(record));
    const sum = (read: (account: Account) => number) => done.reduce((soFar, { account }) => soFar + read(account), 0);
    const accounts = done
      .filter(({ account, record }) => isWorthTelling(account, records[record] as BatchFacts['records'][number]))
      .map(({ messageId, account, record }) => {
        const { seen: _, ...told } = account;
        return { messageId, ...told, ...repeat(records[record]) };
      });
    const metrics = embeddedMetrics(now(), { function: 'process-events' });
    write(
      metrics(
        {
          MessagesReceived: { value: records.length, unit: 'Count' },
          MessagesFailed: { value: failed.size, unit: 'Count' },
          EventsReceived: { value: sum(({ events }) => events), unit: 'Count' },
          EventsIngested: { value: sum(({ ingested }) => ingested), unit: 'Count' },
          EventsDropped: { value: sum(({ dropped }) => total(dropped)), unit: 'Count' },
          EventsDeadLettered: { value: sum(({ deadLetters }) => deadLetters), unit: 'Count' },
          HookFailures: { value: sum(({ failed: failures }) => total(failures)), unit: 'Count' },
          BatchDuration: { value: Math.round(milliseconds), unit: 'Milliseconds' },
        },
        { account: accounts.slice(0, ACCOUNTS_PER_LINE) },
      ),
    );
    for (let start = ACCOUNTS_PER_LINE; start < accounts.length; start += ACCOUNTS_PER_LINE) {
      write({ function: 'process-events', account: accounts.slice(start, start + ACCOUNTS_PER_LINE) });
    }
    for (const pluginConfig of new Set(
      done.flatMap(({ account }) => [...Object.keys(account.dropped), ...Object.keys(account.failed)]),
    )) {
      const ofPlugin = embeddedMetrics(now(), { function: 'process-events', pluginConfig });
      write(
        ofPlugin({
          EventsDropped: { value: sum(({ dropped }) => dropped[pluginConfig] ?? 0), unit: 'Count' },
          HookFailures: { value: sum(({ failed: failures }) => failures[pluginConfig] ?? 0), unit: 'Count' },
        }),
      );
    }
    measure({ ...batch, counts: countsOf(done.map(({ account }) => account)) });
  };
}

/** What came to each plugin config: a message that comes again is counted then. */
function countsOf(accounts: Account[]): HostCount[] {
  const counts = ({ seen = {}, dropped, failed }: Account): [HostCount['name'], Record<string, number>][] => [
    ['EventsSeen', seen],
    ['EventsDropped', dropped],
    ['HookFailures', failed],
  ];
  return accounts
    .flatMap(counts)
    .flatMap(([name, ofPlugins]) =>
      Object.entries(ofPlugins).map(([plugin, value]) => ({ plugin: Number(plugin), name, value })),
    );
}

function isWorthTelling(account: Account, record: BatchFacts['records'][number]): boolean {
  return account.ingested !== account.events || total(account.failed) > 0 || 'receives' in repeat(record);
}

/** How often a message has been received that was received before: its plugins may have counted its events before. */
function repeat(record: BatchFacts['records'][number] | undefined): { receives?: number } {
  const receives = Number(record?.attributes.ApproximateReceiveCount);
  return receives > 1 ? { receives } : {};
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
