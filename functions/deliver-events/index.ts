import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { inParallel } from '../../shared/aws/in-parallel.ts';
import { mergeMetrics } from '../../shared/host/batch-output.ts';
import type { EndedExport } from '../../shared/host/child-session.ts';
import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import type { PluginHost } from '../../shared/host/plugin-host.ts';
import type { DeliveryResult, IncomingDelivery } from '../../shared/host/run-deliveries.ts';
import { exportMetrics } from '../exports/export-metrics.ts';
import type { FailedExport } from '../exports/failed-export.ts';
import { readDeliveryRecord } from './read-delivery-record.ts';
import type { ReportDeliveries } from './report-deliveries.ts';
import { type RecordMessage, restMessages } from './rest-messages.ts';

export interface DeliverEventsDeps {
  plugins: Pick<RegistryFollower, 'refresh' | 'find'>;
  host: Pick<PluginHost, 'deliver'>;
  /** Sends events on that there was no time for; gives the messages that could not be sent. */
  sendOn(messages: RecordMessage[]): Promise<RecordMessage[]>;
  /** Has a batch tried again later. @throws when it could not be stored. */
  startRetry(failed: FailedExport): Promise<void>;
  /** Keeps a batch that nobody will try again. @throws when it could not be stored. */
  bury(failed: FailedExport): Promise<void>;
  /** Records plugin errors in the registry; does not throw. */
  recordPluginErrors(result: DeliveryResult): Promise<void>;
  report: ReportDeliveries;
  warn(message: string, details: Record<string, unknown>): void;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** What is kept of the function's time for storing what failed and for recording, milliseconds. */
const RESERVE_MILLISECONDS = 5000;
/** Failed exports stored at the same time. */
const CONCURRENT_EXPORTS = 8;

/**
 * Delivers a batch of the `deliveries` queue to the plugins that wait for it. A message is acknowledged when every hook was called with every
 * event, and every event that `exportEvents` did not take lies where it is tried again, or among the dead letters. Events for which there was
 * no time are sent on as messages of their own: a message that takes longer than the function may would never come to its end.
 */
export function createDeliverEvents(deps: DeliverEventsDeps) {
  return async (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<SQSBatchResponse> => {
    const startedAt = deps.clock();
    const deadline = startedAt + context.getRemainingTimeInMillis() - RESERVE_MILLISECONDS;
    const { Records: records } = event;

    await deps.plugins.refresh(deadline);
    const deliveries = records.map(readDeliveryRecord);
    const result = await deps.host.deliver(deliveries, deadline);
    const kept = await inParallel(result.exports, CONCURRENT_EXPORTS, (ended) => keep(ended, deliveries, deps));
    const sentOn = restMessages(result, deliveries);
    const unsent = await deps.sendOn(sentOn);
    await deps.recordPluginErrors(result);

    const isOnItsWay = (record: number) => sentOn.some((message) => message.record === record);
    const failed = new Set([
      ...records
        .map((_, record) => record)
        .filter((record) => result.accounts[record]?.unfinished !== undefined && !isOnItsWay(record)),
      ...unsent.map(({ record }) => record),
      ...result.exports
        .filter((_, index) => kept[index] === false)
        .flatMap(({ parts }) => parts.map(({ record }) => record)),
    ]);
    const exports = result.exports.filter((_, index) => kept[index]);
    deps.report({
      result: { ...result, exports, metrics: mergeMetrics([...(result.metrics ?? []), ...exports.flatMap(metricsOf)]) },
      records,
      plugins: deliveries.map(({ plugin }) => plugin),
      failed,
      milliseconds: deps.clock() - startedAt,
    });
    return { batchItemFailures: [...failed].map((record) => ({ itemIdentifier: records[record]?.messageId ?? '' })) };
  };
}

/** Puts the events of a failed export where they are safe. False: they are not, and must come again. */
async function keep(
  { plugin, round, events, lines, parts, error }: EndedExport,
  deliveries: readonly IncomingDelivery[],
  deps: DeliverEventsDeps,
): Promise<boolean> {
  if (error === undefined) return true;
  const pluginVersion = deps.plugins.find(plugin)?.plugin.codeHash ?? '';
  const hops = Math.max(0, ...parts.map(({ record }) => deliveries[record]?.hops ?? 0));
  const failed: FailedExport = {
    pluginConfig: plugin,
    round,
    events,
    lines,
    pluginVersion,
    error,
    ...(hops > 0 && { hops }),
  };
  try {
    await (error.retry ? deps.startRetry(failed) : deps.bury(failed));
    return true;
  } catch (problem) {
    deps.warn(`A failed export could not be kept, its events come again: ${(problem as Error).message}`, {
      pluginConfig: plugin,
    });
    return false;
  }
}

function metricsOf({ plugin, events, error }: EndedExport) {
  const outcome = error === undefined ? 'delivered' : error.retry ? 'retry' : 'undelivered';
  return exportMetrics(plugin, events, outcome, { isFirst: true });
}
