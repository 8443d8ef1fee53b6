import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../../shared/sources/http/http-client.ts';
import { retryHint } from '../../../shared/sources/http/retry-wait.ts';
import type { SourceError } from '../../../shared/sources/source-error.ts';
import { type SourceServer, startSourceServer } from '../../support/source-servers/source-server.ts';

let server: SourceServer;
beforeAll(async () => {
  server = await startSourceServer(({ path }) => {
    if (path === '/loop') return { status: 302, headers: { location: '/loop' } };
    if (path.startsWith('/to?'))
      return { status: 302, headers: { location: decodeURIComponent(path.slice('/to?'.length)) } };
    return { body: path };
  });
});
afterAll(() => server.close());

function get(url: string, allowedHosts: string[] = [server.host], limits = { requestSeconds: 10, silenceSeconds: 5 }) {
  const client = createHttpClient({ allowedHosts, now: Date.now, sleep: async () => {}, warn() {}, limits });
  return client.get({ url, maxBytes: 1000 });
}

async function refusal(fetching: Promise<unknown>): Promise<SourceError> {
  return fetching.then(
    () => expect.unreachable('it was fetched'),
    (error: unknown) => error as SourceError,
  );
}

describe('where Hoglet fetches from', () => {
  it.each([
    ['http://example.com/', 'over http; allowed is https'],
    ['https://127.0.0.1/', '127.0.0.1 is an address of this host'],
    ['https://2130706433/', '127.0.0.1 is an address of this host'],
    ['https://[::1]/', '::1 is an address of this host'],
    ['https://[::ffff:169.254.169.254]/', 'cloud metadata'],
    ['https://169.254.169.254/latest/meta-data', 'cloud metadata'],
    ['https://10.0.0.1/', 'private network'],
    ['https://localhost/', 'is an address of this host'],
  ])('is not %s', async (url, reason) => {
    const error = await refusal(get(url));

    expect(error.code).toBe('refused_address');
    expect(error.message).toContain(reason);
  });

  it('is not a private address that a redirect leads to, either', async () => {
    for (const target of [
      'https://127.0.0.1/',
      'https://localhost/',
      `http://localhost:${new URL(server.url).port}/`,
    ]) {
      const before = server.seen.length;

      expect((await refusal(get(`${server.url}/to?${encodeURIComponent(target)}`))).code).toBe('refused_address');
      expect(server.seen.length - before).toBe(1);
    }
  });

  it('is no redirect to another kind of URL', async () => {
    for (const target of ['file:///etc/passwd', 'ftp://example.com/', 'data:text/plain,x', 'https://'])
      expect((await refusal(get(`${server.url}/to?${encodeURIComponent(target)}`))).message).toContain(
        'redirects to no URL',
      );
  });

  it('is what the setting allows, for that port alone', async () => {
    expect((await get(`${server.url}/here`)).body.toString()).toBe('/here');
    expect((await refusal(get(`${server.url}/here`, ['127.0.0.1']))).code).toBe('refused_address');
  });
});

describe('a site', () => {
  it('that redirects without end is left', async () => {
    const before = server.seen.length;

    expect((await refusal(get(`${server.url}/loop`))).message).toContain('redirects more than 5 times');
    expect(server.seen.length - before).toBe(6);
  });

  it('that is not there is named, with the reason', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const host = `127.0.0.1:${port}`;

    const error = await refusal(get(`http://${host}/secret-path?planted`, [host]));

    expect([error.code, error.message]).toEqual(['unreachable', `${host} cannot be reached: ECONNREFUSED.`]);
  });

  it.each([
    ['never answers', '', 'it was silent for 0.2 s'],
    ['begins to answer and is silent', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbegin', 'it was silent for 0.2 s'],
  ])('that %s is left after a while, and asked again', async (_, begin, reason) => {
    let connections = 0;
    const silent = createServer((socket) => {
      connections++;
      socket.on('error', () => {}).write(begin);
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const host = `127.0.0.1:${(silent.address() as { port: number }).port}`;

    const error = await refusal(get(`http://${host}/`, [host], { requestSeconds: 10, silenceSeconds: 0.2 }));
    silent.close();

    expect([error.code, error.message]).toEqual(['unreachable', `${host} cannot be reached: ${reason}.`]);
    expect(connections).toBe(3);
  });

  it('that goes on drop by drop is left when its time is over', async () => {
    const drops = createServer((socket) => {
      socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n');
      const timer = setInterval(() => socket.write('.'), 20);
      socket.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(drops, 'listening');
    const host = `127.0.0.1:${(drops.address() as { port: number }).port}`;

    const error = await refusal(get(`http://${host}/`, [host], { requestSeconds: 0.4, silenceSeconds: 5 }));
    drops.close();

    expect([error.code, error.message]).toEqual([
      'unreachable',
      `${host} cannot be reached: it takes longer than 0.4 s.`,
    ]);
  });

  it('that speaks no TLS where it should is not asked again', async () => {
    let connections = 0;
    const plain = createServer((socket) => {
      connections++;
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const host = `127.0.0.1:${(plain.address() as { port: number }).port}`;

    const error = await refusal(get(`https://${host}/`, [host]));
    plain.close();

    expect([error.code, error.mayPass, connections]).toEqual(['unreachable', false, 1]);
  });
});

describe('what a site says about its limits', () => {
  const NOW = Date.parse('2026-03-01T10:00:00Z');

  it.each([
    ['429 alone', 429, {}, { isLimited: true, retryAt: null }],
    ['seconds', 429, { 'retry-after': '30' }, { isLimited: true, retryAt: NOW + 30_000 }],
    ['a date', 429, { 'retry-after': 'Sun, 01 Mar 2026 10:01:00 GMT' }, { isLimited: true, retryAt: NOW + 60_000 }],
    ['nonsense', 429, { 'retry-after': 'soon' }, { isLimited: true, retryAt: null }],
    [
      'GitHub’s first limit',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1772362800' },
      { isLimited: true, retryAt: 1772362800000 },
    ],
    ['GitHub’s second limit', 403, { 'retry-after': '60' }, { isLimited: true, retryAt: NOW + 60_000 }],
    [
      'GitHub’s refusal',
      403,
      { 'x-ratelimit-remaining': '42', 'x-ratelimit-reset': '1772362800' },
      { isLimited: false, retryAt: null },
    ],
    [
      'the last answer before the limit',
      200,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1772362800' },
      { isLimited: false, retryAt: null },
    ],
    ['maintenance', 503, { 'retry-after': '5' }, { isLimited: false, retryAt: NOW + 5000 }],
  ])('by %s is understood', (_, status, headers, hint) => {
    expect(retryHint({ status, headers }, NOW)).toEqual(hint);
  });
});
