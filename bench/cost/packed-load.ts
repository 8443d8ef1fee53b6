import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import { createPacker, DEFAULT_PACK_LIMITS, type PackedMessage } from '../../shared/event/pack-events.ts';
import { pageview } from '../sample-events.ts';

/** As whoever captures events packs them for the queue `events`: gzip that fills one billed request each. */
const COMPRESSION = { algorithm: 'gzip', level: 6 } as const;

/** Makes packed messages of so many events, a batch of messages at a time. */
export function* packedLoad(events: number, messagesAtOnce: number): Generator<QueueMessage[]> {
  let packed: PackedMessage[] = [];
  const packer = createPacker(COMPRESSION, DEFAULT_PACK_LIMITS, (message) => void packed.push(message), refuse);
  for (let index = 0; index < events; index++) {
    packer.add(JSON.stringify(pageview(index)), 0, index);
    if (packed.length < messagesAtOnce) continue;
    yield packed.map(queueMessage);
    packed = [];
  }
  packer.flush();
  yield packed.map(queueMessage);
}

function queueMessage({ body }: PackedMessage): QueueMessage {
  return { body: body.toString('latin1') };
}

function refuse(_: number, position: number, bytes: number): never {
  throw new Error(`Event ${position} of the load has ${bytes} bytes and fits into no message`);
}
