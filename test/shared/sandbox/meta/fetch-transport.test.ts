import { expect, test } from 'vitest';
import { createConnectingPlugin } from '../../../../shared/sandbox/connecting-plugin.ts';
import { createFetch } from '../../../../shared/sandbox/meta/fetch.ts';
import type { TransportRequest } from '../../../../shared/sandbox/meta/fetch-send.ts';
import { createPendingWork } from '../../../../shared/sandbox/pending-work.ts';
import { createRealm } from '../../../../shared/sandbox/realm.ts';
import { createRealmValues } from '../../../../shared/sandbox/realm-values.ts';
import { pluginOf } from '../../../support/plugin-host.ts';

/** The fetch of a plugin on answers from the test, by address. */
function fetchFrom(answers: Record<string, () => Response>, allowedHosts?: string[]) {
  const asked: { url: string; request: TransportRequest }[] = [];
  const refused: (number | null)[] = [];
  const fetch = createFetch({
    realm: createRealmValues(createRealm(), 1),
    work: createPendingWork(),
    transport: async (url, request) => {
      asked.push({ url, request });
      const answer = answers[url];
      if (answer === undefined) throw new Error(`nothing answers ${url}`);
      return answer();
    },
    plugin: createConnectingPlugin({ ...pluginOf(1, ''), ...(allowedHosts && { allowedHosts }) }, false),
    onRefused: (plugin) => void refused.push(plugin),
    limitMilliseconds: 1000,
  });
  return { fetch: fetch as (input: unknown, init?: unknown) => Promise<Response>, asked, refused };
}

test('another transport gets each request of a chain of redirects, read and complete', async () => {
  const { fetch, asked } = fetchFrom({
    'https://a.test/': () => new Response(null, { status: 302, headers: { location: 'https://b.test/next' } }),
    'https://b.test/next': () => new Response('here'),
  });

  const response = await fetch('https://a.test', { method: 'post', body: 'text', headers: { 'X-Own': '1' } });

  expect(await response.text()).toBe('here');
  expect(asked.map(({ url, request: { method, body, redirect } }) => ({ url, method, body, redirect }))).toEqual([
    { url: 'https://a.test/', method: 'POST', body: 'text', redirect: 'manual' },
    { url: 'https://b.test/next', method: 'GET', body: undefined, redirect: 'manual' },
  ]);
  expect(asked[0]?.request.headers.get('x-own')).toBe('1');
});

test('what another transport throws is the reason that the plugin is told', async () => {
  const { fetch } = fetchFrom({});

  await expect(fetch('https://a.test/')).rejects.toMatchObject({
    name: 'FetchError',
    message: 'request to https://a.test/ failed, reason: nothing answers https://a.test/',
  });
});

test('a list of hosts is asked before any transport', async () => {
  const { fetch, asked, refused } = fetchFrom({ 'https://a.test/': () => new Response('here') }, ['b.test']);

  await expect(fetch('https://a.test/')).rejects.toMatchObject({ name: 'RefusedConnectionError' });

  expect([asked, refused]).toEqual([[], [1]]);
});
