import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { eventFromTask, isCeleryMessage } from './celery.ts';
import { Rejection } from './rejection.ts';

export interface MessageLimits {
  /** Bytes of UTF-8 of the body as it came. SQS allows 1 MiB. */
  maxBodyBytes: number;
  /** Bytes after decompression: bounds what one small message can cost in memory. */
  maxInflatedBytes: number;
  /** Events of one packed batch: twelve kilobytes of gzip can say five million times `0`. */
  maxEvents: number;
}

/** SQS's own cap for a body, and room for about 7,000 events of 1.5 KB once inflated. */
export const DEFAULT_MESSAGE_LIMITS: MessageLimits = {
  maxBodyBytes: 1_048_576,
  maxInflatedBytes: 10_000_000,
  maxEvents: 50_000,
};

/** `JSON.parse`, or that of another realm, to which the objects then belong. */
export type ParseJson = (text: string) => unknown;

/** The version of the packed form `{"v":1,"events":[…]}` that is read and written. */
export const PACKED_VERSION = 1;

/**
 * Reads the events out of one queue message: one bare event, a packed batch (plain, or base64 of gzip or zstd), or a Celery task.
 * The events themselves are not checked yet: one that is broken must not take its neighbours with it.
 *
 * @throws Rejection when the message as a whole cannot be read.
 */
export function readMessage(body: string, limits: MessageLimits, parse: ParseJson = JSON.parse): unknown[] {
  const message = parseJson(plainBody(body, limits), parse);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new Rejection('not_an_event', `The JSON is ${describe(message)}; an object is expected`);
  }
  const fields = message as Record<string, unknown>;
  if (Array.isArray(fields['events']) && !('event' in fields)) return unpack(fields, limits);
  if (isCeleryMessage(fields)) return [eventFromTask(fields, parse)];
  return [fields];
}

/** The body as JSON text, whether or not it came compressed. @throws Rejection */
export function plainBody(body: string, limits: MessageLimits): string {
  // A UTF-16 unit takes at most three bytes, so most bodies need no count.
  if (body.length * 3 > limits.maxBodyBytes && Buffer.byteLength(body) > limits.maxBodyBytes) {
    throw new Rejection(
      'body_too_large',
      `The body has ${Buffer.byteLength(body)} bytes; at most ${limits.maxBodyBytes} are allowed`,
    );
  }
  return looksLikeJson(body) ? body : inflate(body, limits);
}

function unpack(message: Record<string, unknown>, limits: MessageLimits): unknown[] {
  if (message['v'] !== PACKED_VERSION) {
    throw new Rejection(
      'unsupported_version',
      `The packed batch says v = ${describe(message['v'])}; only ${PACKED_VERSION} is known`,
    );
  }
  const events = message['events'] as unknown[];
  if (events.length > limits.maxEvents) {
    throw new Rejection(
      'too_many_events',
      `The packed batch has ${events.length} events; at most ${limits.maxEvents} are allowed in one message`,
    );
  }
  return events;
}

/** JSON never starts like base64 of gzip (`H4sI`) or zstd (`KLUv`), and starts with one of few characters. */
function looksLikeJson(body: string): boolean {
  return !(body.startsWith('H4sI') || body.startsWith('KLUv'));
}

function inflate(body: string, limits: MessageLimits): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body) || body.length % 4 !== 0) {
    throw new Rejection(
      'bad_base64',
      'The body starts like compressed data but has characters or a length base64 never has',
    );
  }
  const compressed = Buffer.from(body, 'base64');
  const options = { maxOutputLength: limits.maxInflatedBytes };
  try {
    const inflated = body.startsWith('H4sI')
      ? gunzipSync(compressed, options)
      : zstdDecompressSync(compressed, options);
    return inflated.toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Rejection(
        'inflated_too_large',
        `The body inflates to more than ${limits.maxInflatedBytes} bytes; send fewer events per message`,
      );
    }
    throw new Rejection('bad_compression', `The body does not decompress: ${(error as Error).message}`);
  }
}

function parseJson(text: string, parse: ParseJson): unknown {
  try {
    return parse(text);
  } catch {
    // V8's message quotes the payload, which may hold personal data.
    throw new Rejection('not_json', `The body of ${text.length} characters is not JSON`);
  }
}

/** Names a value without showing it. */
function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined ? 'missing' : `a ${typeof value}`;
}
