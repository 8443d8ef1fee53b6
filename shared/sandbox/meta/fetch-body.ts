import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { FetchFailure, failureOf } from './fetch-errors.ts';
import type { Answer } from './fetch-send.ts';

/**
 * Reads the body of an answer, once.
 *
 * @throws TypeError when it was read before, FetchFailure when it does not come, comes too late or is too long.
 */
export async function readBytes(answer: Answer): Promise<Buffer> {
  const { response, url, controller, sizeBytes, timeoutMilliseconds } = answer;
  if (response.bodyUsed) throw new TypeError(`body used already for: ${url}`);
  const timeout = setTimeout(
    () =>
      controller.abort(
        new FetchFailure(
          `Response timeout while trying to fetch ${url} (over ${timeoutMilliseconds}ms)`,
          'body-timeout',
        ),
      ),
    timeoutMilliseconds > 0 ? timeoutMilliseconds : LONGEST_TIMER,
  ).unref();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (sizeBytes > 0 && bytes > sizeBytes)
        throw new FetchFailure(`content size at ${url} over limit: ${sizeBytes}`, 'max-size');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  } catch (error) {
    const { signal } = controller;
    const reason: unknown = signal.aborted ? signal.reason : error;
    throw failureOf(reason, `Invalid response body while trying to fetch ${url}`);
  } finally {
    clearTimeout(timeout);
    answer.release();
  }
}

/** Milliseconds; later than any limit. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The body as a stream of Node. `onRead` gets a promise of its end as soon as somebody reads it: one that nobody reads has none. */
export function bodyStream(answer: Answer, onRead: (end: Promise<void>) => void): Readable | null {
  const { response } = answer;
  if (response.body === null) return null;
  const stream = Readable.fromWeb(response.body, { objectMode: false });
  stream.on('error', () => {});
  const onListener = (name: string | symbol): void => {
    if (name !== 'data' && name !== 'readable') return;
    stream.off('newListener', onListener);
    onRead(finished(stream).finally(answer.release));
  };
  stream.on('newListener', onListener);
  return stream;
}
