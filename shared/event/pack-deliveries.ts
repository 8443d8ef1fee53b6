import { createPacker, type MessageWriter, type PackedMessage, type PackLimits, type Refuse } from './pack-events.ts';

/** Nobody but Hoglet reads deliveries, so they are what costs least; see docs/adr/0003-compression.md. */
const COMPRESSION = { algorithm: 'zstd', level: 1 } as const;

/** A batch may have events for many plugin configs. */
const FIRST_BUFFER_BYTES = 32 * 1024;

/** Packs events as `readDelivery` reads them. */
export function createDeliveryPacker(
  limits: PackLimits,
  emit: (message: PackedMessage) => void,
  refuse: Refuse,
): MessageWriter {
  return createPacker(COMPRESSION, limits, emit, refuse, { lineBreaks: true, firstBufferBytes: FIRST_BUFFER_BYTES });
}
