import type { Duplex } from 'node:stream';

/** Bytes before each payload: u32 length of the payload, u8 type. */
const HEADER_BYTES = 5;

/** Larger than any frame that is ever sent (a loaded registry, a batch's result), small enough to refuse nonsense. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

export type FrameListener = (type: number, payload: Buffer) => void;

/** Cuts a byte stream into frames. A length beyond the cap is a protocol violation and throws: the other side is not to be trusted. */
export function createFrameReader(onFrame: FrameListener): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let available = 0;
  let needed = HEADER_BYTES;

  return (chunk) => {
    chunks.push(chunk);
    available += chunk.length;
    while (available >= needed) {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, available);
      const length = bytes.readUInt32LE(0);
      if (length > MAX_FRAME_BYTES)
        throw new Error(`A frame announces ${length} bytes; at most ${MAX_FRAME_BYTES} are allowed`);
      const end = HEADER_BYTES + length;
      if (bytes.length < end) {
        // Waits for the whole frame before joining its chunks: joining at each would copy a large frame many times.
        chunks = [bytes];
        needed = end;
        return;
      }
      const rest = bytes.subarray(end);
      chunks = rest.length > 0 ? [rest] : [];
      available = rest.length;
      needed = HEADER_BYTES;
      onFrame(bytes.readUInt8(4), bytes.subarray(HEADER_BYTES, end));
    }
  };
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
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header.writeUInt32LE(
      payload.reduce((length, part) => length + part.length, 0),
      0,
    );
    header.writeUInt8(type, 4);
    stream.cork();
    stream.write(header);
    for (const part of payload) stream.write(part);
    stream.uncork();
  };
  return {
    sendJson: (type, value) => send(type, Buffer.from(JSON.stringify(value))),
    sendText: (type, text) => send(type, Buffer.from(text)),
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
