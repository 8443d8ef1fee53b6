import { expect, test } from 'vitest';
import { checkPlugin } from '../../functions/check-plugin.ts';
import type { InstalledPlugin, LatestVersion } from '../../shared/registry/plugin-version.ts';
import { startSourceSites } from '../support/source-servers/start-source-sites.ts';

const FILES = { 'plugin.json': '{"name":"P"}' };

/** A plugin of npm in version 1.0.0, what is recorded of it, and looks for newer ones. */
async function start() {
  const sites = await startSourceSites();
  sites.npm.publish('p', '1.0.0', FILES);
  let latest: LatestVersion | null = null;
  let now = 0;
  const pluginAt = (url: string | null): InstalledPlugin =>
    ({ id: 7, name: 'P', marker: '1.0.0', source: { kind: 'npm', url }, latest }) as InstalledPlugin;
  const deps = {
    plugins: {
      readSourceToken: async () => null,
      recordLatest: async (_: number, one: LatestVersion) => void (latest = one),
    },
    sources: sites.sources(),
    now: () => (now += 1_000),
  };
  return {
    npm: sites.npm,
    latest: () => latest,
    look: (url: string | null = 'npm:p') => checkPlugin(deps, pluginAt(url)),
    [Symbol.asyncDispose]: () => sites[Symbol.asyncDispose](),
  };
}

test('what is found is recorded, and the next look asks only whether that has changed', async () => {
  await using plugin = await start();
  await plugin.look();
  const before = plugin.latest();
  plugin.npm.publish('p', '1.1.0', FILES);
  await plugin.look();
  const after = plugin.latest();
  await plugin.look();

  expect(before).toMatchObject({ marker: '1.0.0', url: 'npm:p', checkedAt: '1970-01-01T00:00:01.000Z' });
  expect(after).toMatchObject({ marker: '1.1.0' });
  expect(plugin.latest()).toMatchObject({ marker: '1.1.0', checkedAt: '1970-01-01T00:00:03.000Z' });
  expect(plugin.npm.seen.map(({ headers }) => headers['if-none-match'] !== undefined)).toEqual([false, true, true]);
});

test('a look that fails says why, and keeps what was found before; the next one that works takes the reason away', async () => {
  await using plugin = await start();
  plugin.npm.publish('p', '1.1.0', FILES);
  await plugin.look();
  plugin.npm.faults.push({ on: '/p', answer: { status: 404 } });

  await expect(plugin.look()).rejects.toMatchObject({ code: 'not_found' });
  const failed = plugin.latest();
  await plugin.look();

  expect(failed).toMatchObject({ marker: '1.1.0', problem: expect.stringContaining('There is no npm package p') });
  expect(failed?.answer).toBeDefined();
  expect(plugin.latest()?.problem).toBeUndefined();
});

test('what another source has said before is not kept for the one that a plugin has now', async () => {
  await using plugin = await start();
  await plugin.look();

  await expect(plugin.look('npm:other')).rejects.toMatchObject({ code: 'not_found' });

  expect(plugin.latest()).toMatchObject({ marker: null, url: 'npm:other' });
  expect(plugin.latest()?.answer).toBeUndefined();
});

test('nobody is asked about what was uploaded', async () => {
  await using plugin = await start();

  expect(await plugin.look(null)).toBeNull();
  expect(plugin.latest()).toMatchObject({ marker: null });
  expect(plugin.npm.seen).toEqual([]);
});
