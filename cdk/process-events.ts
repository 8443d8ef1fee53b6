import { Construct } from 'constructs';
import { consumeQueue } from './consume-queue.ts';
import { type PluginSurroundings, pluginFunction } from './plugin-function.ts';
import type { QueueWithDeadLetters } from './queue-with-dead-letters.ts';

export interface ProcessEventsProps extends PluginSurroundings {
  ingestion: QueueWithDeadLetters;
  deliveries: QueueWithDeadLetters;
}

/** The function that runs a project's chain of plugins over its events, a batch at a time. */
export class ProcessEvents extends Construct {
  constructor(scope: Construct, id: string, props: ProcessEventsProps) {
    super(scope, id);
    const { settings, events, ingestion, deliveries } = props;
    const row = settings.processEvents;

    const fn = pluginFunction(this, 'Function', {
      ...props,
      row,
      description: 'Runs the plugins of a project over its events, a batch at a time',
      entry: 'functions/process-events/process-events.lambda.ts',
      environment: {
        HOGLET_INGESTION_FORMAT: settings.ingestionFormat,
        HOGLET_INGESTION_COMPRESSION: settings.ingestionCompression,
      },
    });
    events.grantSendDeadLetters(fn, 'HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL');
    ingestion.grantSend(fn, 'HOGLET_INGESTION_QUEUE_URL');
    deliveries.grantSend(fn, 'HOGLET_DELIVERIES_QUEUE_URL');
    consumeQueue(this, 'EventsMapping', { fn, queue: events, row });
  }
}
