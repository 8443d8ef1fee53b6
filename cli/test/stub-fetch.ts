import { type AnswerHttp, StubbedFailure } from './http-exchange.ts';

/** What Node's `fetch` hands a request to, as far as it is used here: undici's dispatcher and its handler. */
interface DispatchOptions {
  origin: string | URL;
  path: string;
  method: string;
  headers: Record<string, string | string[]> | string[] | null;
  body: AsyncIterable<Uint8Array> | null;
}
interface DispatchHandler {
  onConnect(abort: (reason?: Error) => void): void;
  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean;
  onData(chunk: Buffer): boolean;
  onComplete(trailers: Buffer[]): void;
  onError(error: Error): void;
}

/** Where Node's `fetch` looks for the dispatcher of the process. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/**
 * Has the requests of `fetch` answered in place of the network. It lies below `fetch`: redirects, compressed bodies and aborting are as
 * they always are, and each hop of a redirect is a request of its own.
 */
export function stubFetch(answer: AnswerHttp): void {
  const dispatcher = {
    dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
      void dispatch(options, handler, answer).catch((error: unknown) => handler.onError(error as Error));
      return true;
    },
    close: async () => {},
    destroy: async () => {},
  };
  (globalThis as Record<symbol, unknown>)[GLOBAL_DISPATCHER] = dispatcher;

  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    try {
      return await fetch(input, init);
    } catch (error) {
      // Not `fetch failed`: the scenario chose what is said.
      throw (error as Error).cause instanceof StubbedFailure ? (error as Error).cause : error;
    }
  };
}

async function dispatch(options: DispatchOptions, handler: DispatchHandler, answer: AnswerHttp): Promise<void> {
  let aborted: Error | null = null;
  handler.onConnect((reason) => {
    aborted = reason ?? new Error('The request was aborted');
    handler.onError(aborted);
  });
  const answered = await answer({
    method: options.method.toUpperCase(),
    // Joined as texts: a path may begin with two slashes.
    url: new URL(`${new URL(options.origin).origin}${options.path}`).href,
    headers: lowerCase(options.headers),
    bodyBase64: await bodyOf(options.body),
  });
  if (aborted !== null) return;
  if ('error' in answered) throw new StubbedFailure(answered.error);
  const headers = Object.entries(answered.headers).flatMap((pair) => pair.map((text) => Buffer.from(text)));
  handler.onHeaders(answered.status, headers, () => {}, answered.statusText);
  if (answered.body !== '') handler.onData(Buffer.from(answered.body));
  handler.onComplete([]);
}

function lowerCase(headers: DispatchOptions['headers']): Record<string, string> {
  const list = headers ?? [];
  const pairs = Array.isArray(list)
    ? Array.from({ length: list.length / 2 }, (_, index) => list.slice(2 * index, 2 * index + 2) as [string, string])
    : Object.entries(list);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

async function bodyOf(body: DispatchOptions['body']): Promise<string | null> {
  if (body === null || body === undefined) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('base64');
}
