import type { Readable } from 'node:stream';
import { createRealmClass, type RealmClass } from '../realm-class.ts';
import type { RealmValues } from '../realm-values.ts';
import { bodyStream, readBytes } from './fetch-body.ts';
import { type FetchErrors, FetchFailure } from './fetch-errors.ts';
import { readHeaders } from './fetch-headers.ts';
import { readBody } from './fetch-request.ts';
import type { Answer } from './fetch-send.ts';

/** An answer as a plugin holds it. */
export interface PluginResponse extends Answer {
  /** Made when they are asked for first. */
  headers?: object;
  stream?: Readable | null;
}

export interface ResponseDeps {
  realm: RealmValues;
  errors: FetchErrors;
  Headers: RealmClass<Headers>;
  /** Work that a batch waits for, whether the plugin does or not. */
  track<Value>(promise: Promise<Value>): Promise<Value>;
}

/** `Response` as node-fetch 2 has it: with `buffer()`, and a body that is a stream of Node. */
export function createResponseClass({ realm, errors, Headers, track }: ResponseDeps): RealmClass<PluginResponse> {
  const read = <Value>(answer: PluginResponse, make: (bytes: Buffer) => Value): Promise<Value> =>
    track(readBytes(answer).then(make));

  const class_: RealmClass<PluginResponse> = createRealmClass<PluginResponse>('Response', realm, errors.toError, {
    construct: (body, init) => fromParts(body, init, Headers.stateOf),
    getters: {
      status: ({ response }) => response.status,
      statusText: ({ response }) => response.statusText,
      ok: ({ response }) => response.ok,
      url: ({ url }) => url,
      redirected: ({ redirected }) => redirected,
      bodyUsed: ({ response }) => response.bodyUsed,
      headers: (answer) => (answer.headers ??= Headers.make(answer.response.headers)),
      body: (answer) => (answer.stream ??= bodyStream(answer, (end) => void track(end).catch(() => {}))),
    },
    methods: {
      buffer: (answer) => read(answer, (bytes) => bytes),
      text: (answer) => read(answer, (bytes) => bytes.toString()),
      json: (answer) => read(answer, (bytes) => parse(bytes.toString(), answer.url, realm)),
      arrayBuffer: (answer) =>
        read(answer, ({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength)),
      blob: (answer) =>
        read(answer, (bytes) => new Blob([bytes], { type: answer.response.headers.get('content-type') ?? '' })),
      clone(answer) {
        const { response, stream } = answer;
        if (response.bodyUsed || stream) throw new TypeError('cannot clone body after it is used');
        const copy = { ...answer, response: response.clone() };
        delete copy.headers;
        return class_.make(copy);
      },
    },
  });
  return class_;
}

function parse(text: string, url: string, realm: RealmValues): unknown {
  try {
    return realm.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new FetchFailure(`invalid json response body at ${url} reason: ${message}`, 'invalid-json');
  }
}

/** An answer that the plugin makes itself. */
function fromParts(body: unknown, init: unknown, stateOf: RealmClass<Headers>['stateOf']): PluginResponse {
  const { status, statusText, headers, url } = (init ?? {}) as Record<string, unknown>;
  const own = readHeaders(headers, stateOf);
  const { content, contentType } =
    body === undefined || body === null ? { content: null, contentType: null } : readBody(body);
  if (contentType !== null && !own.has('content-type')) own.set('content-type', contentType);
  return {
    response: new Response(content as ConstructorParameters<typeof Response>[0], {
      status: Number(status ?? 200),
      statusText: String(statusText ?? ''),
      headers: own,
    }),
    url: String(url ?? ''),
    redirected: false,
    timeoutMilliseconds: 0,
    sizeBytes: 0,
    controller: new AbortController(),
    release() {},
  };
}
