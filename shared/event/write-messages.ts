import { taskFromEvent } from './celery.ts';
import type { IngestionFormat } from './ingestion-format.ts';
import {
  type Compression,
  createPacker,
  type MessageWriter,
  type PackedMessage,
  type PackLimits,
  type Refuse,
} from './pack-events.ts';
import type { PluginEvent } from './plugin-event.ts';
import { queueText } from './queue-text.ts';

export interface WriterOptions {
  format: IngestionFormat;
  compression: Compression;
  limits: PackLimits;
}

/** Makes the writer for what the ingestion queue speaks: many events per message, or one message per event. */
export function createMessageWriter(
  options: WriterOptions,
  emit: (message: PackedMessage) => void,
  refuse: Refuse,
): MessageWriter {
  if (options.format === 'packed') return createPacker(options.compression, options.limits, emit, refuse);
  const bodyOf =
    options.format === 'celery' ? (json: string) => taskFromEvent(JSON.parse(json) as PluginEvent) : queueText;
  return {
    add(json, record, position) {
      const body = Buffer.from(bodyOf(json));
      if (body.length > options.limits.maxBodyBytes) refuse(record, position, body.length);
      else emit({ body, events: 1, records: [record] });
    },
    flush() {},
  };
}
