import { createDeliveryPacker } from '../../shared/event/pack-deliveries.ts';
import { DEFAULT_PACK_LIMITS, type PackedMessage } from '../../shared/event/pack-events.ts';
import { type DeliveryMessage, deliveryMessages } from '../delivery-message.ts';
import type { FailedExport } from './failed-export.ts';

/** SQS takes 1 MiB of body and attributes together; the packed body leaves some 8 KB, and a character takes up to four bytes. */
const MAX_DETAIL_CHARACTERS = 1000;

/** A delivery with the story of its failure: moved back to `deliveries`, it is exported once more. */
export interface ExportDeadLetter extends DeliveryMessage {
  attributes: DeliveryMessage['attributes'] & {
    reason: 'export_failed';
    /** Name and message of the last error. */
    detail: string;
    pluginVersion: string;
  };
}

/** Makes dead letters of a batch that nobody took: as few messages as hold its events. */
export function exportDeadLetters(failed: FailedExport): ExportDeadLetter[] {
  const packed: PackedMessage[] = [];
  const packer = createDeliveryPacker(DEFAULT_PACK_LIMITS, (message) => void packed.push(message), refuse);
  for (const [position, line] of failed.lines.split('\n').entries()) packer.add(line, 0, position);
  packer.flush();

  const detail = `${failed.error.name}: ${failed.error.message}`.slice(0, MAX_DETAIL_CHARACTERS);
  return packed.flatMap(({ body, events }) =>
    deliveryMessages([failed.pluginConfig], {
      body: body.toString('utf8'),
      events,
      hops: failed.hops,
      only: 'exportEvents',
      round: String(failed.round + 1),
    }).map((message) => ({
      ...message,
      attributes: { ...message.attributes, reason: 'export_failed', detail, pluginVersion: failed.pluginVersion },
    })),
  );
}

/** Each came in a message of this very form. */
function refuse(_: number, position: number, bytes: number): never {
  throw new Error(
    `The event at position ${position} of a failed export has ${bytes} bytes and fits into no dead letter`,
  );
}
