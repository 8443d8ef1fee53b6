import type { SQSRecord } from 'aws-lambda';
import { embeddedMetrics, type MetricLine } from '../../shared/aws/embedded-metrics.ts';
import type { DeliveryResult } from '../../shared/host/run-deliveries.ts';
import type { DeliveryAccount } from '../../shared/sandbox/delivery.ts';
import type { HostCount } from '../plugin-reports/host-counts.ts';
import type { Measured } from '../plugin-reports/plugin-metrics.ts';

export interface DeliveryFacts {
  result: DeliveryResult;
  records: Pick<SQSRecord, 'messageId'>[];
  /** The plugin config of each record. */
  plugins: number[];
  /** Indexes of the records that come again. */
  failed: Set<number>;
  milliseconds: number;
}

export type ReportDeliveries = (facts: DeliveryFacts) => void;

const FUNCTION = 'deliver-events';

/**
 * Writes the batch's metrics (namespace `Hoglet`): one line for the function, and one that says how many messages come again, for which reason.
 * What plugins have measured, and what came to each of them, goes to `measure`.
 */
export function createDeliveryReporter(
  write: (line: MetricLine) => void,
  measure: (measured: Measured) => void,
  now: () => number,
): ReportDeliveries {
  return ({ result, records, plugins, failed, milliseconds }) => {
    const { accounts, exports } = result;
    const done = accounts.filter((_, record) => !failed.has(record));
    const sum = (read: (account: DeliveryAccount) => number) =>
      done.reduce((total, account) => total + read(account), 0);
    const exported = (is: (ended: DeliveryResult['exports'][number]) => boolean) =>
      exports.filter(is).reduce((total, { events }) => total + events, 0);
    write(
      embeddedMetrics(now(), { function: FUNCTION })({
        MessagesReceived: { value: records.length, unit: 'Count' },
        MessagesFailed: { value: failed.size, unit: 'Count' },
        EventsDelivered: { value: sum(({ events }) => events), unit: 'Count' },
        EventsExported: { value: exported(({ error }) => error === undefined), unit: 'Count' },
        EventsWaitingForRetry: { value: exported(({ error }) => error?.retry === true), unit: 'Count' },
        EventsNotExported: { value: exported(({ error }) => error?.retry === false), unit: 'Count' },
        HookFailures: { value: sum(({ failed: failures }) => failures), unit: 'Count' },
        BatchDuration: { value: Math.round(milliseconds), unit: 'Milliseconds' },
      }),
    );
    measure({ ...result, counts: countsOf(accounts, plugins, failed) });
    if (failed.size > 0) write({ function: FUNCTION, comeAgain: comeAgain(accounts, records, failed) });
  };
}

/** What came to each plugin config. Events that were given back come again. */
function countsOf(accounts: DeliveryAccount[], plugins: number[], failed: Set<number>): HostCount[] {
  return accounts.flatMap((account, record): HostCount[] => {
    const plugin = plugins[record];
    if (plugin === undefined || failed.has(record)) return [];
    const delivered = account.events - account.givenBack;
    return [
      ...(delivered === 0 ? [] : [{ plugin, name: 'EventsDelivered' as const, value: delivered }]),
      ...(account.failed === 0 ? [] : [{ plugin, name: 'HookFailures' as const, value: account.failed }]),
    ];
  });
}

function comeAgain(accounts: DeliveryAccount[], records: DeliveryFacts['records'], failed: Set<number>) {
  return [...failed].map((record) => ({
    messageId: records[record]?.messageId,
    reason: accounts[record]?.unfinished ?? 'not kept',
  }));
}
