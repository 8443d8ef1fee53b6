import type { Duplex } from 'node:stream';

/** Bytes before each payload: u32 length of the payload, u8 type. */
const HEADER_BYTES = 5;

/** Larger than any frame that is ever sent (a loaded registry, a batch's result), small enough to refuse nonsense. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

/** Takes a frame. The payload is valid only until the listener returns: the reader writes the next frame over it. */
export type FrameListener = (type: number, payload: Buffer) => void;

/** Kept for frames that come in pieces; larger ones make it grow. */
const FIRST_BUFFER_BYTES = 256 * 1024;

/**
 * Cuts a byte stream into frames. A length beyond the cap is a protocol violation and throws: the other side is not to be trusted.
 * Frames that come in pieces are put together in one buffer that is used again and again: fresh ones of a megabyte each
 * would cost more in garbage collection than in copying.
 */
export function createFrameReader(onFrame: FrameListener): (chunk: Buffer) => void {
  let kept = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  let keptBytes = 0;

  const keep = (bytes: Buffer, needed: number) => {
    if (kept.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(needed, kept.length * 2));
      kept.copy(larger, 0, 0, keptBytes);
      kept = larger;
    }
    bytes.copy(kept, keptBytes);
    keptBytes += bytes.length;
  };

  return (chunk) => {
    let rest = chunk;
    while (keptBytes > 0) {
      // Completes the frame that began in an earlier chunk.
      const needed = keptBytes < HEADER_BYTES ? HEADER_BYTES : frameBytes(kept);
      const missing = needed - keptBytes;
      keep(rest.subarray(0, missing), needed);
      if (rest.length < missing) return;
      rest = rest.subarray(missing);
      if (needed === HEADER_BYTES && frameBytes(kept) > HEADER_BYTES) continue;
      keptBytes = 0;
      onFrame(kept.readUInt8(4), kept.subarray(HEADER_BYTES, needed));
    }
    while (rest.length >= HEADER_BYTES) {
      const length = frameBytes(rest);
      if (rest.length < length) break;
      onFrame(rest.readUInt8(4), rest.subarray(HEADER_BYTES, length));
      rest = rest.subarray(length);
    }
    if (rest.length > 0) keep(rest, rest.length);
  };
}

/** Bytes of the frame that begins here, its header included. */
function frameBytes(bytes: Buffer): number {
  const length = bytes.readUInt32LE(0);
  if (length > MAX_FRAME_BYTES)
    throw new Error(`A frame announces ${length} bytes; at most ${MAX_FRAME_BYTES} are allowed`);
  return HEADER_BYTES + length;
}

function frameHeader(type: number, payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(payloadBytes, 0);
  header.writeUInt8(type, 4);
  return header;
}

export interface FrameWriter {
  sendJson(type: number, value: unknown): void;
  sendText(type: number, text: string): void;
  /** Sends a JSON header and bytes as one frame: u32 header length, header, bytes. The bytes must not change any more. */
  sendWithHeader(type: number, header: unknown, body: Buffer): void;
  /** Resolves when the kernel has taken all that was sent. */
  drained(): Promise<void>;
}

export function createFrameWriter(stream: Duplex): FrameWriter {
  const send = (type: number, ...payload: Buffer[]) => {
    const bytes = payload.reduce((length, part) => length + part.length, 0);
    stream.cork();
    stream.write(frameHeader(type, bytes));
    for (const part of payload) stream.write(part);
    stream.uncork();
  };
  return {
    sendJson: (type, value) => send(type, Buffer.from(JSON.stringify(value))),
    sendText(type, text) {
      const bytes = Buffer.byteLength(text);
      stream.cork();
      stream.write(frameHeader(type, bytes));
      // Written as a string: the socket encodes it into memory that no garbage collector has to look after.
      stream.write(text, bytes === text.length ? 'latin1' : 'utf8');
      stream.uncork();
    },
    sendWithHeader(type, header, body) {
      const json = JSON.stringify(header);
      const head = Buffer.allocUnsafe(4 + Buffer.byteLength(json));
      head.writeUInt32LE(head.length - 4, 0);
      head.write(json, 4);
      send(type, head, body);
    },
    drained: () => new Promise((resolve) => stream.write('', () => resolve())),
  };
}

/** Reads a payload written by `sendWithHeader`. */
export function splitHeader<Header>(payload: Buffer): { header: Header; body: Buffer } {
  const length = payload.readUInt32LE(0);
  return { header: JSON.parse(payload.toString('utf8', 4, 4 + length)) as Header, body: payload.subarray(4 + length) };
}

export function readJson<Value>(payload: Buffer): Value {
  return JSON.parse(payload.toString('utf8')) as Value;
}
