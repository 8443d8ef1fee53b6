import { Construct } from 'constructs';
import { consumeQueue } from './consume-queue.ts';
import type { ExportRetry } from './export-retry.ts';
import { type PluginSurroundings, pluginFunction } from './plugin-function.ts';
import type { QueueWithDeadLetters } from './queue-with-dead-letters.ts';

export interface DeliverEventsProps extends PluginSurroundings {
  deliveries: QueueWithDeadLetters;
  exportRetry: ExportRetry;
}

/** The function that gives events to the plugins whose hooks run after the chain. The queue and its batching window are the buffer of exports. */
export class DeliverEvents extends Construct {
  constructor(scope: Construct, id: string, props: DeliverEventsProps) {
    super(scope, id);
    const { settings, deliveries, exportRetry, assets } = props;
    const row = settings.deliverEvents;

    const fn = pluginFunction(this, 'Function', {
      ...props,
      row,
      description: 'Gives events to onEvent, onSnapshot, composeWebhook and exportEvents, a batch at a time',
      entry: 'functions/deliver-events/deliver-events.lambda.ts',
    });
    deliveries.grantSend(fn, 'HOGLET_DELIVERIES_QUEUE_URL');
    deliveries.grantSendDeadLetters(fn, 'HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL');
    exportRetry.grantStart(fn, 'HOGLET_EXPORT_RETRY_STATE_MACHINE');
    assets.grantWriteExports(fn);
    consumeQueue(this, 'DeliveriesMapping', { fn, queue: deliveries, row });
  }
}
