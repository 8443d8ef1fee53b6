import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { SourceError } from '../source-error.ts';
import { bytesText } from '../source-limits.ts';
import { guardedLookup } from './guarded-lookup.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface OneRequest {
  url: URL;
  headers: Record<string, string>;
  /** Of the answer, if it is a success; of others less is read. */
  maxBytes: number;
  /** The host may have a private address. */
  isAllowed: boolean;
  /** Longest time without a byte. */
  silenceSeconds: number;
  /** Aborted with an error that says why. */
  signal: AbortSignal;
}

/** Of an answer that is no success: its text is for nobody, but its end frees the connection. */
const REFUSAL_BYTES = 64 * 1024;

/**
 * Asks once, follows nothing, and reads the whole answer.
 *
 * @throws SourceError: `unreachable`, `refused_address`, `too_large`, and `damaged` for an answer that ended too soon.
 */
export async function requestOnce(given: OneRequest): Promise<Answer> {
  const { url, headers, maxBytes, isAllowed, silenceSeconds } = given;
  const silence = new AbortController();
  const signal = AbortSignal.any([given.signal, silence.signal]);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const lookup = isAllowed ? {} : { lookup: guardedLookup };
    // As an option it counts from before the connection is there.
    const options = { signal, agent: false, timeout: silenceSeconds * 1000, ...lookup } as const;
    const asked = request(url, { headers: { 'user-agent': 'hoglet', ...headers }, ...options }, resolve);
    asked.on('timeout', () => silence.abort(new Error(`it was silent for ${silenceSeconds} s`)));
    asked.on('error', reject).end();
  }).catch((error: unknown) => {
    throw unreachable(url, error, signal);
  });
  const { statusCode: status = 0 } = response;
  const isSuccess = status >= 200 && status < 300;
  return {
    status,
    headers: response.headers,
    body: await readBody(response, url, isSuccess ? maxBytes : REFUSAL_BYTES, isSuccess, signal),
  };
}

async function readBody(
  response: IncomingMessage,
  url: URL,
  maxBytes: number,
  isSuccess: boolean,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const announced = Number(response.headers['content-length'] ?? 0);
  try {
    if (announced > maxBytes && isSuccess) throw tooLarge(url, maxBytes, announced);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes && isSuccess) throw tooLarge(url, maxBytes);
      if (bytes > maxBytes) break;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    if (signal.aborted) throw unreachable(url, error, signal);
    const of = announced > 0 ? ` of ${announced}` : '';
    throw new SourceError('damaged', `What ${url.host} sent ended after ${bytes}${of} bytes. Try again.`, {
      cause: error,
    });
  } finally {
    response.destroy();
  }
}

function tooLarge(url: URL, maxBytes: number, announced?: number): SourceError {
  const size = announced === undefined ? 'more' : bytesText(announced);
  return new SourceError('too_large', `What ${url.host} sends has ${size}; ${bytesText(maxBytes)} are allowed.`);
}

/** Errors of the system that asking again does not change. */
const LASTING = /CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_VERIFY|EPROTO/;

function unreachable(url: URL, error: unknown, signal: AbortSignal): SourceError {
  if (error instanceof SourceError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = signal.aborted ? (signal.reason as Error).message : (code ?? message);
  const mayPass = !LASTING.test(reason);
  return new SourceError('unreachable', `${url.host} cannot be reached: ${reason}.`, { mayPass, cause: error });
}
