import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bench, EVENT, said } from '../../support/bench.ts';

/** A plugin whose events say what to fetch, and get what came of it. */
const FETCHES = `export async function processEvent(event) {
  const { url, ...options } = event.properties;
  try {
    const response = await fetch(url, options);
    const { status, statusText, redirected } = response;
    event.properties = { status, statusText, redirected, kind: response.headers.get('x-kind'), text: await response.text() };
  } catch (error) {
    event.properties = { message: error.message };
  }
  return event;
}`;
const fetching = (properties: object) => ({ event: { ...EVENT, properties } });

describe('fetch', () => {
  it('is answered by stubs, and every request is listed, also those that fail or are refused', async () => {
    const { steps, requests, errors, isGood } = await bench(FETCHES, {
      fetch: [
        {
          method: 'post',
          url: 'https://x.io/*',
          status: 201,
          headers: { 'X-Kind': 'made' },
          json: { id: 1 },
          times: 1,
        },
        { url: 'https://x.io//twice', text: 'twice' },
        { url: 'https://x.io/gone', error: 'getaddrinfo ENOTFOUND x.io' },
      ],
      steps: [
        fetching({ url: 'https://x.io/things?a=b', method: 'post', headers: { 'X-Mine': 'yes' }, body: '{"n":"é"}' }),
        fetching({ url: 'https://x.io/gone' }),
        fetching({ url: 'https://x.io//twice' }),
        fetching({ url: 'http://127.0.0.1:8080/private' }),
      ],
    });

    const outputs = steps.map(({ output }) => (output as typeof EVENT).properties);
    expect(outputs).toMatchObject([
      { status: 201, statusText: 'Created', kind: 'made', text: '{"id":1}' },
      { message: 'getaddrinfo ENOTFOUND x.io' },
      { text: 'twice' },
      { message: expect.stringContaining('{"method":"GET","url":"http://127.0.0.1:8080/private",') as string },
    ]);
    expect(requests).toMatchObject([
      { method: 'POST', url: 'https://x.io/things?a=b', headers: { 'x-mine': 'yes' }, body: '{"n":"é"}' },
      { method: 'GET', url: 'https://x.io/gone', body: null },
      { method: 'GET', url: 'https://x.io//twice' },
      { method: 'GET', url: 'http://127.0.0.1:8080/private', body: null },
    ]);
    expect(errors).toEqual([]);
    expect(isGood).toBe(true);
  });

  it('follows redirects, each hop a request of its own, and reaches what the network guard would refuse', async () => {
    const { steps, requests } = await bench(FETCHES, {
      fetch: [
        { url: 'https://x.io/old', status: 302, headers: { location: 'http://169.254.169.254/new' } },
        { url: 'http://169.254.169.254/new', text: 'here' },
      ],
      steps: [fetching({ url: 'https://x.io/old' })],
    });

    expect(steps[0]?.output).toMatchObject({ properties: { status: 200, redirected: true, text: 'here' } });
    expect(requests.map(({ url }) => url)).toEqual(['https://x.io/old', 'http://169.254.169.254/new']);
  });

  it('gives a response without a body where the status has none', async () => {
    const { steps } = await bench(FETCHES, {
      fetch: [{ url: '*', status: 204, text: 'never' }],
      steps: [fetching({ url: 'https://x.io/' })],
    });

    expect(steps[0]?.output).toMatchObject({ properties: { status: 204, statusText: 'No Content', text: '' } });
  });
});

describe('a library', () => {
  it('sends its requests to the stubs, too, signed with the time of the scenario', async () => {
    const code = `import { S3 } from 'aws-sdk';
      import { gzipSync } from 'zlib';
      const s3 = new S3({ accessKeyId: 'key', secretAccessKey: 'secret', region: 'eu-west-1', maxRetries: 0 });
      const params = { Bucket: 'bucket', Key: 'key.gz', Body: gzipSync('content') };
      export const runEveryDay = async () => (await s3.upload(params).promise()).ETag;
      export const jobs = { unawaited: () => { s3.upload(params, (error) => console.log('uploaded', error.message)); } };`;

    const report = await bench(code, {
      fetch: [
        {
          method: 'PUT',
          url: 'https://bucket.s3.eu-west-1.amazonaws.com/key.gz',
          headers: { etag: '"tag"' },
          times: 1,
        },
        { url: '*', error: 'no more' },
      ],
      steps: [{ call: 'runEveryDay' }, { job: 'unawaited' }],
    });

    expect(report.steps).toEqual([{ output: '"tag"' }, { output: null }]);
    expect(said(report)).toEqual(['uploaded no more']);
    const [request] = report.requests;
    expect(request?.headers).toMatchObject({ 'x-amz-date': '20240305T100000Z' });
    // Bytes that are no text are one character each.
    expect(gunzipSync(Buffer.from(request?.body ?? '', 'latin1')).toString()).toBe('content');
  });
});

describe('posthog.api', () => {
  it('goes through the stubs with the project’s token and key, to its host', async () => {
    const code = `export async function setupPlugin() {
      const response = await posthog.api.get('/api/event', { data: { limit: 1 } });
      await posthog.api.post('api/event', { data: { a: 1 } });
      return response.json();
    }`;
    const { steps, requests } = await bench(code, {
      project: { api_token: 'phc_mine', personal_api_key: 'phx_mine', host: 'https://ph.example.com' },
      fetch: [{ url: 'https://ph.example.com/*', json: ['answer'] }],
      steps: [{ setup: true }],
    });

    expect(steps[0]?.output).toEqual(['answer']);
    const headers = expect.objectContaining({ authorization: 'Bearer phx_mine' }) as object;
    expect(requests).toEqual([
      { method: 'GET', url: 'https://ph.example.com/api/event?limit=1&token=phc_mine', headers, body: null },
      { method: 'POST', url: 'https://ph.example.com/api/event?token=phc_mine', headers, body: '{"a":1}' },
    ]);
  });
});

describe('what a plugin keeps', () => {
  it('is there before the first step as the scenario says, and reported as get would give it', async () => {
    const code = `export async function processEvent(event, { cache, storage }) {
      event.properties = {
        cached: await cache.get('object'), array: await cache.get('array'), list: await cache.lrange('list', 0, -1),
        stored: await storage.get('text'), nothing: await storage.get('nothing', 'default'),
      };
      await cache.lpush('list', 'c'); await cache.incr('number'); await cache.set('raw', 'no json', 0, { jsonSerialize: false });
      await storage.del('text'); await storage.set('new', [1]);
      return event;
    }`;
    const { steps, cache, storage } = await bench(code, {
      cache: { object: { a: [1] }, array: [1, { b: 2 }], list: ['b', 'a'], number: 4 },
      storage: { text: 'stored', nothing: null },
      steps: [{ event: { ...EVENT, properties: {} } }],
    });

    expect(steps[0]?.output).toMatchObject({
      properties: { cached: { a: [1] }, array: [1, { b: 2 }], list: ['b', 'a'], stored: 'stored', nothing: null },
    });
    expect(cache).toEqual({
      object: { a: [1] },
      array: [1, { b: 2 }],
      list: ['c', 'b', 'a'],
      number: 5,
      raw: 'no json',
    });
    expect(storage).toEqual({ nothing: null, new: [1] });
  });

  it('is measured by its metrics', async () => {
    const code = `export const metrics = { sum: 'sum', max: 'MAX', min: 'min', unused: 'sum' };
      export function processEvent(event, { metrics }) {
        metrics.sum.increment(event.n); metrics.max.max(event.n); metrics.min.min(event.n);
        return null;
      }`;
    const report = await bench(code, { steps: [{ event: { n: 2 } }, { event: { n: 5 } }, { event: { n: 3 } }] });

    expect(report.metrics).toEqual({ sum: 10, max: 5, min: 2 });
    expect(report.metrics_declared).toEqual({ sum: 'sum', max: 'max', min: 'min', unused: 'sum' });
  });

  it('is located by no database where the scenario names none', async () => {
    const code = `export const runEveryDay = (meta) => meta.geoip.locate('89.160.20.129');`;

    const { steps } = await bench(code, { steps: [{ call: 'runEveryDay' }] });

    expect(steps[0]?.error).toBe('IP location capabilities are not available in this PostHog instance!');
  });
});
