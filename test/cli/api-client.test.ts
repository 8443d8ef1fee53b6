import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, test } from 'vitest';
import { createApiClient } from '../../cli/api-client.ts';
import type { ApiError } from '../../cli/api-error.ts';

interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A server that gives one reply after the other, the last one for ever. */
async function serve(...replies: Reply[]) {
  const requests: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    const { status, headers = {}, body = '' } = replies[Math.min(requests.length, replies.length - 1)] as Reply;
    const { method = '', url: path = '', headers: sent } = request;
    const seen = { method, url: path, headers: sent, body: '' };
    requests.push(seen);
    void text(request).then((received) => {
      seen.body = received;
      response.writeHead(status, headers).end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    requests,
    url,
    api: createApiClient({ url, token: 'the-token' }),
    [Symbol.asyncDispose]: async () => void server.close().closeAllConnections(),
  };
}

const PROBLEM = (status: number, code: string, more: object = {}): Reply => ({
  status,
  body: JSON.stringify({ code, detail: `detail of ${code}`, request_id: 'r-1', ...more }),
});

const failureOf = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => {
      throw new Error('It succeeded');
    },
    (error: ApiError) => error,
  );

describe('the client of the API', () => {
  it('sends token, JSON and the version that is to be changed, and gives body and version', async () => {
    await using server = await serve({ status: 200, headers: { etag: '"7"' }, body: '{"id":1}' });

    const answer = await server.api.request({
      path: '/api/x/',
      method: 'PATCH',
      query: { a: 1, b: undefined },
      body: { c: 2 },
      ifMatch: '"6"',
    });

    expect(answer).toEqual({ body: { id: 1 }, etag: '"7"' });
    expect(server.requests).toMatchObject([
      {
        method: 'PATCH',
        url: '/api/x/?a=1',
        body: '{"c":2}',
        headers: { authorization: 'Bearer the-token', 'if-match': '"6"', 'content-type': 'application/json' },
      },
    ]);
  });

  it('reads a list page by page', async () => {
    const page = (results: number[], next: string | null): Reply => ({
      status: 200,
      body: JSON.stringify({ results, next }),
    });
    await using server = await serve(page([1, 2], '/more'), page([3], null));

    expect(await server.api.listAll('/api/x/', { team_id: 5 })).toEqual([1, 2, 3]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/api/x/?team_id=5&offset=0', '/api/x/?team_id=5&offset=2']);
  });

  test.each<[string, 'GET' | 'PUT' | 'DELETE' | 'POST', Reply, number]>([
    ['a GET that the API is too busy for', 'GET', PROBLEM(503, 'unavailable'), 2],
    ['a DELETE whose function failed', 'DELETE', { status: 502, body: 'Internal Server Error' }, 2],
    ['a POST that was held off, and so not worked on', 'POST', PROBLEM(429, 'throttled'), 2],
  ])('asks again after %s', async (_title, method, reply, times) => {
    await using server = await serve(reply, { status: 204 });

    await server.api.request({ path: '/', method });

    expect(server.requests).toHaveLength(times);
  });

  test.each<[string, 'GET' | 'POST', Reply]>([
    ['a POST, which may have been worked on', 'POST', PROBLEM(503, 'unavailable')],
    ['what is refused', 'GET', PROBLEM(404, 'not_found')],
    ['what is to come again in an hour', 'GET', { ...PROBLEM(429, 'throttled'), headers: { 'retry-after': '3600' } }],
  ])('does not ask again after %s', async (_title, method, reply) => {
    await using server = await serve(reply);

    await failureOf(server.api.request({ path: '/', method }));

    expect(server.requests).toHaveLength(1);
  });

  test.each<[Reply, number, string]>([
    [PROBLEM(401, 'authentication_failed'), 4, 'Check the token'],
    [PROBLEM(403, 'permission_denied'), 5, 'Use a token with more scope'],
    [PROBLEM(404, 'not_found'), 6, 'detail of not_found'],
    [PROBLEM(412, 'precondition_failed'), 7, 'Read it again'],
    [
      PROBLEM(400, 'invalid_input', { errors: [{ path: 'body.name', message: 'too short' }] }),
      8,
      '  body.name: too short',
    ],
    [PROBLEM(413, 'payload_too_large'), 9, 'detail of payload_too_large'],
    [PROBLEM(500, 'internal_error'), 3, 'Request id, for the log of the admin function: r-1'],
    [{ status: 404, body: '<html>' }, 6, 'no answer of Hoglet'],
    [{ status: 200, body: '<html>' }, 3, 'something other than JSON'],
  ])('makes of a refusal an error with an exit code and what to do: %j', async (reply, exitCode, message) => {
    await using server = await serve(reply);

    const error = await failureOf(server.api.request({ path: '/', method: 'POST' }));

    expect(error.exitCode).toBe(exitCode);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('the-token');
  });

  it('says that nobody is there, and follows no redirect with the token', async () => {
    await using redirecting = await serve({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    const nobody = createApiClient({ url: 'http://127.0.0.1:1', token: 'the-token' });

    const errors = await Promise.all([
      failureOf(nobody.request({ path: '/', method: 'POST' })),
      failureOf(redirecting.api.request({ path: '/', method: 'POST' })),
    ]);

    expect(errors.map(({ exitCode }) => exitCode)).toEqual([3, 3]);
    expect(errors[0]?.message).toContain('http://127.0.0.1:1 cannot be reached');
  });
});
