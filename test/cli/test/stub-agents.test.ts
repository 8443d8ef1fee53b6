import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../../../cli/test/http-exchange.ts';
import { stubAgents } from '../../../cli/test/stub-agents.ts';

let asked: HttpRequest[] = [];
let answer: HttpAnswer;

beforeAll(() => {
  stubAgents(async (request) => {
    asked.push(request);
    return answer;
  });
});

interface Response {
  status: number | undefined;
  reason: string | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}

function send(url: string, options: https.RequestOptions = {}, body?: string | Buffer): Promise<Response> {
  asked = [];
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http;
    const sent = request(url, options, (response) => {
      const { statusCode, statusMessage, headers } = response;
      void text(response).then((all) => resolve({ status: statusCode, reason: statusMessage, headers, body: all }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('a request of node:http or node:https', () => {
  it.each(['http://x.io/a?b=c', 'https://x.io/a?b=c', 'https://x.io:8443/', 'http://[::1]:90/', 'https://x.io//a'])(
    'to %s is answered without a connection',
    async (url) => {
      answer = { status: 404, statusText: 'Not Found', headers: { 'x-kind': 'stub' }, body: 'nothing' };

      const response = await send(url);

      expect(response).toMatchObject({
        status: 404,
        reason: 'Not Found',
        headers: { 'x-kind': 'stub' },
        body: 'nothing',
      });
      expect(response.headers.date).toBeUndefined();
      expect(asked).toMatchObject([{ method: 'GET', url, bodyBase64: null }]);
    },
  );

  it('hands over its method, headers and whole body', async () => {
    answer = { status: 200, statusText: 'OK', headers: {}, body: '' };
    const body = Buffer.alloc(300_000, 'é');

    await send('https://x.io/', { method: 'put', headers: { 'X-Mine': 'yes', Expect: '100-continue' } }, body);

    expect(asked).toMatchObject([{ method: 'PUT', headers: { 'x-mine': 'yes' } }]);
    expect(Buffer.from(asked[0]?.bodyBase64 ?? '', 'base64').equals(body)).toBe(true);
  });

  it('fails with the message of the answer', async () => {
    answer = { error: 'no luck' };

    await expect(send('https://x.io/')).rejects.toThrow('no luck');
  });

  it('may use an agent of its own, with or without keeping connections', async () => {
    answer = { status: 200, statusText: 'OK', headers: {}, body: 'ok' };
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });

    const bodies = [
      await send('https://x.io/1', { agent }),
      await send('https://x.io/2', { agent }),
      await send('https://x.io/3', { agent: false, timeout: 1000 }),
    ].map(({ body }) => body);

    expect(bodies).toEqual(['ok', 'ok', 'ok']);
    agent.destroy();
  });
});
