import { expect, test } from 'vitest';
import { createApi } from '../../../../shared/sandbox/meta/posthog-api.ts';
import { createRealm } from '../../../../shared/sandbox/realm.ts';
import { createRealmValues } from '../../../../shared/sandbox/realm-values.ts';

type Method = (path: string, options?: object) => Promise<unknown>;

interface Sent {
  url: unknown;
  headers: Record<string, string>;
}

/** `posthog.api` of a project whose API is at posthog.example, and the requests it makes: to hosts that a test cannot reach. */
function createProjectApi() {
  const requests: Sent[] = [];
  const asked = { times: 0 };
  const fetch = async (url: unknown, init?: unknown): Promise<Response> => {
    requests.push({ url, headers: (init as Sent).headers });
    return new Response('{}');
  };
  const access = async () => {
    asked.times++;
    return { host: 'https://posthog.example/', projectApiKey: 'phc_project', personalApiKey: 'phx_person' };
  };
  const realm = createRealmValues(createRealm(), 1);
  const api = createApi({ fetch, access, realm }) as Record<'get' | 'post' | 'put' | 'delete', Method>;
  return { api, requests, asked };
}

const OWN = { projectApiKey: 'phc_own', personalApiKey: 'phx_own' };

test.each([
  ['the project’s keys and no host', {}, 'https://posthog.example/api/x?token=phc_project', 'Bearer phx_person'],
  [
    'the project’s keys and a host',
    { host: 'https://other.example' },
    'https://other.example/api/x?token=phc_project',
    'Bearer phx_person',
  ],
  ['keys of its own and no host', OWN, 'https://app.posthog.com/api/x?token=phc_own', 'Bearer phx_own'],
  [
    'keys of its own and a host with a path',
    { ...OWN, host: 'https://other.example/posthog/' },
    'https://other.example/posthog/api/x?token=phc_own',
    'Bearer phx_own',
  ],
])('posthog.api with %s goes to %s', async (_, options, url, authorization) => {
  const { api, requests } = createProjectApi();

  await api.get('/api/x', options);

  expect(requests).toEqual([{ url, headers: { Authorization: authorization } }]);
});

test('posthog.api with keys of the plugin’s own does not ask for the project’s', async () => {
  const { api, asked } = createProjectApi();

  await api.post('/api/x', { ...OWN, data: { a: 1 } });

  expect(asked.times).toBe(0);
});

test('posthog.api says of a body, and of nothing else, that it is JSON', async () => {
  const { api, requests } = createProjectApi();

  for (const method of ['get', 'post', 'put', 'delete'] as const) await api[method]('/x', { data: { a: 1 } });

  expect(requests.map(({ headers }) => headers['Content-Type'])).toEqual([
    undefined,
    'application/json',
    'application/json',
    undefined,
  ]);
});

test('posthog.api takes off one slash on either side, and no more', async () => {
  const { api, requests } = createProjectApi();

  await api.get('//x', { host: 'https://a.example//' });

  expect(requests[0]?.url).toBe('https://a.example///x?token=phc_project');
});
