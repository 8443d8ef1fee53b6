import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiPort } from '../../functions/api-port.ts';
import type { Project } from '../../shared/registry/plugin-config.ts';
import { createPluginCalls } from '../support/plugin-calls.ts';

const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
  response.end('{"ok":1}');
});
const projects = new Map<number, Project>();
const opened: string[] = [];
const { host, run } = createPluginCalls({ allowPrivateNetworks: true }, ({ cache, warn }) => ({
  cache,
  warn,
  api: createApiPort({
    findProject: (id) => projects.get(id),
    secrets: {
      async open(place, sealed) {
        opened.push(`${place.join('/')} ${sealed}`);
        if (sealed === 'broken')
          throw new Error(`The secret "${place[2]}" of project ${place[1]} cannot be opened: no.`);
        return 'phx_person';
      },
    },
  }),
}));
let origin = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests.length = 0;
  opened.length = 0;
});
afterAll(async () => {
  await host.stop();
  server.close();
});

/** What `posthog.api.get` answers a plugin of project 1, or how it fails. */
async function get(project: Partial<Project> | null, options = '{}'): Promise<unknown> {
  if (project === null) projects.delete(1);
  else projects.set(1, { id: 1, name: 'Shop', token: 'phc_here', posthogHost: origin, ...project });
  return (await run(`return (await posthog.api.get('/api/x', ${options})).json()`)).result;
}

describe('posthog.api of a project', () => {
  it('goes to its PostHog, with its token and its personal key, which is opened when it is needed', async () => {
    expect(await get({ personalApiKey: 'sealed' })).toEqual({ ok: 1 });

    expect(requests).toEqual(['GET /api/x?token=phc_here Bearer phx_person']);
    expect(opened).toEqual(['project/1/personalApiKey sealed']);
  });

  it('uses the token that the project has there, when it is another one', async () => {
    await get({ personalApiKey: 'sealed', posthogProjectKey: 'phc_there' });

    expect(requests).toEqual(['GET /api/x?token=phc_there Bearer phx_person']);
  });

  it('says in PostHog’s words that there is no key, and that there is no project', async () => {
    expect(await get({})).toBe('Error: Unable to find or create a Personal API Key');
    expect(await get(null)).toBe('Error: Unable to determine project');
    expect(requests).toEqual([]);
  });

  it('says of a key that cannot be opened that it cannot', async () => {
    expect(await get({ personalApiKey: 'broken' })).toContain(
      'The secret "personalApiKey" of project 1 cannot be opened',
    );
  });

  it('asks for nothing when the plugin brings its own keys', async () => {
    await get(null, `{ host: '${origin}', projectApiKey: 'phc_own', personalApiKey: 'phx_own' }`);

    expect([requests, opened]).toEqual([['GET /api/x?token=phc_own Bearer phx_own'], []]);
  });

  it('is at app.posthog.com when the project does not say', async () => {
    const port = createApiPort({
      findProject: () => ({ id: 1, name: 'Shop', token: 'phc_here' }),
      secrets: { open: async () => 'never' },
    });

    expect(await port.access({ plugin: 7, teamId: 1 })).toEqual({
      host: 'https://app.posthog.com',
      projectApiKey: 'phc_here',
      personalApiKey: null,
    });
  });
});
