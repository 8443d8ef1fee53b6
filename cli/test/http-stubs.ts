import { isUtf8 } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import type { HttpAnswer, HttpRequest } from './http-exchange.ts';
import type { Stub } from './scenario.ts';

/** A request as the report lists it. */
export interface ListedRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Answers plugins' requests in place of the network, and lists every one of them. */
export interface HttpStubs {
  answer(request: HttpRequest): HttpAnswer;
  requests: ListedRequest[];
}

export function createHttpStubs(stubs: readonly Stub[]): HttpStubs {
  const left = stubs.map(({ times = Number.POSITIVE_INFINITY }) => times);
  const patterns = stubs.map(({ url }) => urlPattern(url));
  const requests: ListedRequest[] = [];
  return {
    requests,
    answer({ bodyBase64, ...request }) {
      const body = bodyBase64 === null ? null : textOf(Buffer.from(bodyBase64, 'base64'));
      requests.push({ ...request, body });
      const index = stubs.findIndex(
        (stub, at) => (left[at] as number) > 0 && isMethod(stub, request) && isUrl(patterns[at] as RegExp, request),
      );
      const stub = stubs[index];
      if (stub === undefined) return { error: refusal(request) };
      (left[index] as number)--;
      return answerOf(stub);
    },
  };
}

/** What is no text, such as gzip, keeps its bytes: each is a character. */
function textOf(body: Buffer): string {
  return body.toString(isUtf8(body) ? 'utf8' : 'latin1');
}

function isMethod({ method }: Stub, request: Pick<HttpRequest, 'method'>): boolean {
  return method === undefined || method.toUpperCase() === request.method;
}

/** A URL without a path has the path `/`, whether its author writes it or not. */
function isUrl(pattern: RegExp, { url }: Pick<HttpRequest, 'url'>): boolean {
  return pattern.test(url) || (url === `${new URL(url).origin}/` && pattern.test(url.slice(0, -1)));
}

/** `*` is any run of characters, all else is meant literally. */
function urlPattern(url: string): RegExp {
  const parts = url.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`);
}

function answerOf({ status, headers, json, text, error }: Stub): HttpAnswer {
  if (error !== undefined) return { error };
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
  const body = json === undefined ? (text ?? '') : JSON.stringify(json);
  return {
    status,
    statusText: STATUS_CODES[status] ?? '',
    headers: { ...type, ...given },
    body: WITHOUT_BODY.includes(status) ? '' : body,
  };
}

/** Statuses whose responses have no body, whatever a stub says. */
const WITHOUT_BODY = [204, 205, 304];

function refusal({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  const stub = JSON.stringify({ method, url, status: 200, json: {} });
  return `No stub of the scenario answers ${method} ${url}. There is no network here: to have it answered, add to "fetch": ${stub}`;
}
