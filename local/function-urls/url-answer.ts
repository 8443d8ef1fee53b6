import type { InvocationResult } from '../lambda/invocation.ts';

/** What goes back to the client. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

/** Those belong to the connection, not to the answer. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'transfer-encoding'];

/**
 * Makes an answer of what a function gave, as Lambda does for a function behind a URL. An object with a `statusCode` is an answer; anything
 * else is the JSON body of one with status 200. A function that failed, or whose answer has another form, is a 502.
 * See https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
 */
export function urlAnswer(result: InvocationResult): HttpAnswer {
  if ('error' in result) return messageAnswer(502, 'Internal Server Error');
  const given = JSON.parse(result.payload) as unknown;
  if (!isObject(given) || !('statusCode' in given)) {
    return { status: 200, headers: JSON_TYPE, cookies: [], body: Buffer.from(result.payload) };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = given;
  const isAnswer =
    Number.isInteger(statusCode) &&
    (statusCode as number) >= 200 &&
    (statusCode as number) <= 599 &&
    isObject(headers) &&
    Object.values(headers).every((value) => ['string', 'number', 'boolean'].includes(typeof value)) &&
    Array.isArray(cookies) &&
    typeof body === 'string' &&
    typeof isBase64Encoded === 'boolean';
  if (!isAnswer) return messageAnswer(502, 'Internal Server Error');
  const named = Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), String(value)])
    .filter(([name]) => !OF_THE_CONNECTION.includes(name));
  return {
    status: statusCode as number,
    headers: { ...JSON_TYPE, ...Object.fromEntries(named) },
    cookies: cookies.map(String),
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/** What Lambda itself answers. */
export function messageAnswer(status: number, text: string): HttpAnswer {
  return { status, headers: JSON_TYPE, cookies: [], body: Buffer.from(text) };
}

const JSON_TYPE = { 'content-type': 'application/json' };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
