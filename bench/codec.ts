import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Compression, compress } from '../shared/event/pack-events.ts';
import { packedBody } from './sample-events.ts';
import { median, round } from './statistics.ts';

export interface CodecResult {
  /** CPU per event to compress a packed message and write it as base64. */
  packMicros: number;
  /** CPU per event to read it again. */
  unpackMicros: number;
  /** Bytes of the plain message over bytes of the base64 body. */
  ratio: number;
  /** What 1,000,000 events cost: CPU on Lambda for both ends, requests to send, receive and delete on SQS. */
  dollarsPerMillionEvents: { cpu: number; requests: number; total: number };
}

/** One message of about this many events is what fits into 64 KB once compressed. */
const EVENTS_PER_MESSAGE = 290;
const MESSAGES = 8;

const CODECS: Record<string, Compression> = {
  none: { algorithm: 'none' },
  'gzip-1': { algorithm: 'gzip', level: 1 },
  'gzip-3': { algorithm: 'gzip', level: 3 },
  'gzip-6': { algorithm: 'gzip', level: 6 },
  'gzip-9': { algorithm: 'gzip', level: 9 },
  'zstd-1': { algorithm: 'zstd', level: 1 },
  'zstd-3': { algorithm: 'zstd', level: 3 },
  'zstd-9': { algorithm: 'zstd', level: 9 },
};

/** Lambda on arm64, us-east-1: dollars per GB-second, and the memory at which a function has one whole CPU. */
const DOLLARS_PER_GB_SECOND = 0.0000133334;
const GB_PER_CPU = 1769 / 1024;
/** SQS standard queue: dollars per request, each 64 KiB of payload being one. */
const DOLLARS_PER_REQUEST = 0.4e-6;
const BYTES_PER_REQUEST = 65_536;

/** Measures what each way of compressing packed messages takes and costs, interleaved; medians. */
export function measureCodecs(samples: number, progress: (text: string) => void): Record<string, CodecResult> {
  const plain = Array.from({ length: MESSAGES }, (_, message) =>
    Buffer.from(packedBody(message * EVENTS_PER_MESSAGE, EVENTS_PER_MESSAGE)),
  );
  const taken = Object.fromEntries(
    Object.keys(CODECS).map((name) => [name, { pack: [] as number[], unpack: [] as number[], bytes: 0 }]),
  );
  for (let sample = 0; sample < samples; sample++) {
    progress(`codecs: sample ${sample + 1} of ${samples}`);
    for (const [name, codec] of Object.entries(CODECS)) {
      const row = taken[name] as (typeof taken)[string];
      let packed: Buffer[] = [];
      row.pack.push(microsPerEvent(() => (packed = plain.map((body) => compress(body, codec)))));
      row.unpack.push(microsPerEvent(() => packed.forEach((body) => decompress(body, codec))));
      row.bytes = packed.reduce((sum, { length }) => sum + length, 0) / (MESSAGES * EVENTS_PER_MESSAGE);
    }
  }
  const plainBytes = plain.reduce((sum, { length }) => sum + length, 0) / (MESSAGES * EVENTS_PER_MESSAGE);
  return Object.fromEntries(
    Object.entries(taken).map(([name, { pack, unpack, bytes }]) => {
      const [packMicros, unpackMicros] = [round(median(pack)), round(median(unpack))];
      // Micros per event are seconds per million events. Bytes are paid when sent and when received; a delete carries none.
      const cpu = (packMicros + unpackMicros) * GB_PER_CPU * DOLLARS_PER_GB_SECOND;
      const requests =
        ((1e6 * bytes) / BYTES_PER_REQUEST) * 2 * DOLLARS_PER_REQUEST +
        (1e6 / EVENTS_PER_MESSAGE / 10) * DOLLARS_PER_REQUEST;
      const dollars = (value: number) => Math.round(value * 1e5) / 1e5;
      const total = dollars(cpu + requests);
      return [
        name,
        {
          packMicros,
          unpackMicros,
          ratio: round(plainBytes / bytes),
          dollarsPerMillionEvents: { cpu: dollars(cpu), requests: dollars(requests), total },
        },
      ];
    }),
  );
}

function decompress(body: Buffer, { algorithm }: Compression): Buffer {
  if (algorithm === 'none') return body;
  const compressed = Buffer.from(body.toString('latin1'), 'base64');
  return algorithm === 'gzip' ? gunzipSync(compressed) : zstdDecompressSync(compressed);
}

function microsPerEvent(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (MESSAGES * EVENTS_PER_MESSAGE);
}
