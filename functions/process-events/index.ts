import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { OutgoingDelivery, OutgoingMessage } from '../../shared/host/child-session.ts';
import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import type { PluginHost } from '../../shared/host/plugin-host.ts';
import type { BatchResult, IncomingRecord } from '../../shared/host/run-batch.ts';
import { type DeliveryMessage, deliveryMessages } from '../delivery-message.ts';
import { hopsOf } from '../hops-attribute.ts';
import { type DeadLetterMessage, deadLetterMessages } from './dead-letters.ts';
import type { ReportBatch } from './report-batch.ts';

export interface ProcessEventsDeps {
  plugins: Pick<RegistryFollower, 'refresh'>;
  host: Pick<PluginHost, 'run'>;
  /** Sends messages and gives the ones that could not be sent. */
  sendToIngestion(messages: OutgoingMessage[]): Promise<OutgoingMessage[]>;
  sendToDeliveries(messages: RecordDelivery[]): Promise<RecordDelivery[]>;
  sendToDeadLetters(messages: DeadLetterMessage[]): Promise<DeadLetterMessage[]>;
  /** Records plugin errors in the registry; does not throw. */
  recordPluginErrors(batch: BatchResult): Promise<void>;
  report: ReportBatch;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** A message for one plugin config, and the indexes of the records that its events came from. */
export interface RecordDelivery extends DeliveryMessage {
  records: number[];
}

function incomingRecord({ messageId, body, messageAttributes }: SQSRecord): IncomingRecord {
  return { messageId, body, hops: hopsOf(messageAttributes) };
}

function messagesOf({ plugins, records, ...delivery }: OutgoingDelivery): RecordDelivery[] {
  return deliveryMessages(plugins, delivery).map((message) => ({ ...message, records }));
}

/** What is kept of the function's time for sending and recording after the plugins, milliseconds. */
const RESERVE_MILLISECONDS = 3000;

/**
 * Runs the chain over a batch of the `events` queue: what comes out goes to `ingestion` and, for the plugins that wait for
 * it, to `deliveries`; what is no event goes to dead letters.
 * A message is acknowledged only after everything that came of it has been stored, so a crash at any point means it comes again;
 * an event that then arrives twice has the same uuid.
 */
export function createProcessEvents(deps: ProcessEventsDeps) {
  return async (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<SQSBatchResponse> => {
    const startedAt = deps.clock();
    const deadline = startedAt + context.getRemainingTimeInMillis() - RESERVE_MILLISECONDS;
    const { Records: records } = event;

    await deps.plugins.refresh(deadline);
    const batch = await deps.host.run(records.map(incomingRecord), deadline);
    const unfinished = records.map((_, record) => record).filter((record) => batch.accounts[record]?.unfinished);
    const [unsent, undelivered, unburied] = await Promise.all([
      deps.sendToIngestion(batch.messages),
      deps.sendToDeliveries(batch.deliveries.flatMap(messagesOf)),
      // Those of an unfinished message come again with it.
      deps.sendToDeadLetters(
        deadLetterMessages(
          batch.deadLetters.filter(({ record }) => !unfinished.includes(record)),
          records,
        ),
      ),
    ]);
    await deps.recordPluginErrors(batch);

    const failed = new Set([
      ...unfinished,
      ...[...unsent, ...undelivered].flatMap((message) => message.records),
      ...unburied.map(({ record }) => record),
    ]);
    deps.report({ batch, records, failed, milliseconds: deps.clock() - startedAt });
    return { batchItemFailures: [...failed].map((record) => ({ itemIdentifier: records[record]?.messageId ?? '' })) };
  };
}
