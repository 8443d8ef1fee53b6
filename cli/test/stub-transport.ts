import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FetchFailure } from '../../shared/sandbox/meta/fetch-errors.ts';
import type { Transport, TransportRequest } from '../../shared/sandbox/meta/fetch-send.ts';
import type { AnswerHttp } from './http-exchange.ts';

/** Has the requests of `fetch` answered in place of the network. */
export function stubTransport(answer: AnswerHttp): Transport {
  return async (url, request) => {
    const { method, headers, signal } = request;
    const asking = answer({ method, url, headers: Object.fromEntries(headers), bodyBase64: await bodyOf(request) });
    const answered = await Promise.race([asking, aborted(signal)]);
    // Not `request to … failed, reason: …`: the scenario chose what is said.
    if ('error' in answered) throw new FetchFailure(answered.error, 'system');
    const { status, statusText, body } = answered;
    return new Response(body === '' ? null : body, { status, statusText, headers: answered.headers });
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

async function bodyOf({ body }: TransportRequest): Promise<string | null> {
  if (body === undefined) return null;
  return (body instanceof Readable ? await buffer(body) : Buffer.from(body)).toString('base64');
}
