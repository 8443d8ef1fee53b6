import { gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib';
import { queueText } from './queue-text.ts';
import { PACKED_VERSION } from './read-message.ts';

/** How packed messages are compressed; why zstd or gzip, and which level, is told in docs/adr. */
export type Compression = { algorithm: 'none' } | { algorithm: 'gzip' | 'zstd'; level: number };

export interface PackLimits {
  /** Largest body, bytes. SQS takes 1 MiB for body and attributes together; the rest is for the attributes. */
  maxBodyBytes: number;
  /** What one SQS request pays for, bytes: a body just under it costs least per event. */
  billingUnitBytes: number;
}

export const DEFAULT_PACK_LIMITS: PackLimits = { maxBodyBytes: 1_040_000, billingUnitBytes: 65_536 };

/** A finished message: its body, how many events are in it, and which of the batch's records they came from. */
export interface PackedMessage {
  body: string;
  events: number;
  records: number[];
}

/** Puts finished events into messages of the form that the ingestion queue speaks. */
export interface MessageWriter {
  /** Adds one event, already JSON, with where it came from. */
  add(json: string, record: number, position: number): void;
  /** Finishes the message begun, if any. */
  flush(): void;
}

/** Takes an event that fits into no message, even alone. */
export type Refuse = (record: number, position: number, bytes: number) => void;

interface Part {
  json: string;
  record: number;
  position: number;
}

/**
 * Packs events into messages `{"v":1,"events":[…]}`. A body that fits into one billing unit stays plain JSON; a larger one is
 * compressed, and messages are cut so that the compressed body stays just under the unit, by the ratio seen so far.
 */
export function createPacker(
  compression: Compression,
  limits: PackLimits,
  emit: (message: PackedMessage) => void,
  refuse: Refuse,
): MessageWriter {
  let parts: Part[] = [];
  let bytes = 0;
  // Compressed size over plain size: a careful first guess, then what this stream shows.
  let ratio = compression.algorithm === 'none' ? 1 : 0.25;

  const flush = () => {
    if (parts.length > 0) finish(parts);
    parts = [];
    bytes = 0;
  };

  const finish = (chosen: Part[]): void => {
    const plain = packedText(chosen);
    const plainBytes = Buffer.byteLength(plain);
    const body = plainBytes <= limits.billingUnitBytes ? queueText(plain) : compress(plain, compression);
    if (plainBytes > limits.billingUnitBytes && compression.algorithm !== 'none')
      ratio = 0.8 * ratio + 0.2 * (body.length / plainBytes);
    if (Buffer.byteLength(body) <= limits.maxBodyBytes) {
      emit({ body, events: chosen.length, records: [...new Set(chosen.map((part) => part.record))] });
    } else if (chosen.length > 1) {
      const middle = chosen.length >> 1;
      finish(chosen.slice(0, middle));
      finish(chosen.slice(middle));
    } else {
      const { record, position } = chosen[0] as Part;
      refuse(record, position, plainBytes);
    }
  };

  // Aim a little under the unit: a body just over it costs double.
  const targetBytes = () =>
    compression.algorithm === 'none' ? limits.maxBodyBytes * 0.98 : (limits.billingUnitBytes * 0.94) / ratio;

  return {
    add(json, record, position) {
      const size = Buffer.byteLength(json) + 1;
      if (bytes + size > targetBytes()) flush();
      parts.push({ json, record, position });
      bytes += size;
    },
    flush,
  };
}

/** Compresses text to base64, which every queue takes as it is. Exported for the benchmark. */
export function compress(text: string, compression: Compression): string {
  switch (compression.algorithm) {
    case 'none':
      return queueText(text);
    case 'gzip':
      return gzipSync(text, { level: compression.level }).toString('base64');
    case 'zstd':
      return zstdCompressSync(text, { params: { [zlib.ZSTD_c_compressionLevel]: compression.level } }).toString(
        'base64',
      );
  }
}

function packedText(parts: Part[]): string {
  return `{"v":${PACKED_VERSION},"events":[${parts.map((part) => part.json).join(',')}]}`;
}
