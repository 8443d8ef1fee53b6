import { gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib';
import { queueBytes } from './queue-text.ts';
import { PACKED_VERSION } from './read-message.ts';

/** How packed messages are compressed; why gzip at this level is told in docs/adr. */
export type Compression = { algorithm: 'none' } | { algorithm: 'gzip' | 'zstd'; level: number };

export interface PackLimits {
  /** Largest body, bytes. SQS takes 1 MiB for body and attributes together; the rest is for the attributes. */
  maxBodyBytes: number;
  /** What one SQS request pays for, bytes: a body just under it costs least per event. */
  billingUnitBytes: number;
}

export const DEFAULT_PACK_LIMITS: PackLimits = { maxBodyBytes: 1_040_000, billingUnitBytes: 65_536 };

/** A finished message: its body as UTF-8, how many events are in it, and which of the batch's records they came from. */
export interface PackedMessage {
  body: Buffer;
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

/** Where an event lies in the buffer, its comma included, and where it came from. */
interface Part {
  end: number;
  record: number;
  position: number;
}

const HEAD = Buffer.from(`{"v":${PACKED_VERSION},"events":[`);
const TAIL = Buffer.from(']}');
const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** UTF-8 takes at most three bytes for each UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

const FIRST_BUFFER_BYTES = 512 * 1024;

/** How a packer differs from the one that fills the ingestion queue. */
export interface PackerOptions {
  /** Whether a line break follows each event, by which the body can be cut without being parsed. */
  lineBreaks?: boolean;
  firstBufferBytes?: number;
}

/** Compressed size over plain size: a careful first guess, until the stream itself shows. */
const FIRST_RATIO = 0.25;

/**
 * Packs events into messages `{"v":1,"events":[…]}`. A body that fits into one billing unit stays plain JSON; a larger one is
 * compressed, and messages are cut so that the compressed body stays just under the unit, by the ratio seen so far.
 * Events are written into one buffer as they come: nothing is joined, measured or encoded a second time.
 */
export function createPacker(
  compression: Compression,
  limits: PackLimits,
  emit: (message: PackedMessage) => void,
  refuse: Refuse,
  { lineBreaks = false, firstBufferBytes = FIRST_BUFFER_BYTES }: PackerOptions = {},
): MessageWriter {
  let buffer = Buffer.allocUnsafe(firstBufferBytes);
  HEAD.copy(buffer);
  let end = HEAD.length;
  let parts: Part[] = [];
  let ratio = compression.algorithm === 'none' ? 1 : FIRST_RATIO;

  const reserve = (bytes: number): void => {
    if (end + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, end + bytes));
    buffer.copy(larger, 0, 0, end);
    buffer = larger;
  };

  /** The whole message where it lies: the last comma and the byte behind it become its end. */
  const closeInPlace = (): Buffer => {
    TAIL.copy(buffer, end - 1);
    return buffer.subarray(0, end + 1);
  };

  const copyOf = (from: number, to: number): Buffer => {
    const start = from === 0 ? HEAD.length : (parts[from - 1] as Part).end;
    return Buffer.concat([HEAD, buffer.subarray(start, (parts[to - 1] as Part).end - 1), TAIL]);
  };

  const finish = (from: number, to: number): void => {
    const chosen = parts.slice(from, to);
    const isWhole = from === 0 && parts[to - 1]?.end === end;
    const plain = isWhole ? closeInPlace() : copyOf(from, to);
    const body = plain.length <= limits.billingUnitBytes ? queueBytes(plain) : compress(plain, compression);
    if (plain.length > limits.billingUnitBytes && compression.algorithm !== 'none') {
      ratio = 0.8 * ratio + 0.2 * (body.length / plain.length);
    }
    if (body.length <= limits.maxBodyBytes) {
      // What still lies in the buffer is written over by the next message.
      const own = body.buffer === buffer.buffer ? Buffer.from(body) : body;
      emit({ body: own, events: chosen.length, records: [...new Set(chosen.map((part) => part.record))] });
    } else if (chosen.length > 1) {
      const middle = from + (chosen.length >> 1);
      finish(from, middle);
      finish(middle, to);
    } else {
      const { record, position } = chosen[0] as Part;
      refuse(record, position, plain.length);
    }
  };

  // Aim a little under the unit: a body just over it costs double.
  const targetBytes = () =>
    compression.algorithm === 'none' ? limits.maxBodyBytes - TAIL.length : (limits.billingUnitBytes * 0.94) / ratio;

  /** Finishes what was there before the last event, and keeps that one as the first of the next message. */
  const cutBeforeLast = (last: Part): void => {
    parts.pop();
    const start = (parts.at(-1) as Part).end;
    finish(0, parts.length);
    buffer.copy(buffer, HEAD.length, start, end);
    end = HEAD.length + (end - start);
    parts = [{ ...last, end }];
  };

  return {
    add(json, record, position) {
      reserve(json.length * MAX_BYTES_PER_UNIT + 1 + TAIL.length);
      end += buffer.write(json, end);
      if (lineBreaks) buffer[end++] = LINE_FEED;
      buffer[end++] = COMMA;
      const part = { end, record, position };
      parts.push(part);
      if (end > targetBytes() && parts.length > 1) cutBeforeLast(part);
    },
    flush() {
      if (parts.length > 0) finish(0, parts.length);
      parts = [];
      end = HEAD.length;
    },
  };
}

/** Compresses a body to base64, which every queue takes as it is. */
export function compress(plain: Buffer, compression: Compression): Buffer {
  if (compression.algorithm === 'none') return queueBytes(plain);
  const compressed =
    compression.algorithm === 'gzip'
      ? gzipSync(plain, { level: compression.level })
      : zstdCompressSync(plain, { params: { [zlib.ZSTD_c_compressionLevel]: compression.level } });
  return Buffer.from(compressed.toString('base64'), 'latin1');
}
