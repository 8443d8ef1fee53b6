import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, versionSaying } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

/** A registry in which a plugin is installed, in version 1 of 2. */
async function withTwoVersions() {
  const registry = await startTestRegistry(bucket);
  const plugin = await registry.plugins.create(await versionSaying('one'));
  await registry.plugins.addVersion(plugin.id, await versionSaying('two'));
  return { ...registry, plugin };
}

describe('a plugin that is installed', () => {
  it('has all that is known of its version, and its code and archive are there', async () => {
    await using registry = await startTestRegistry(bucket);
    const given = await versionSaying('one', [{ key: 'a', default: 1, '': { deep: 1e300 } }], {
      capabilities: { methods: ['processEvent'], jobs: [], scheduledTasks: [] },
      metrics: { seen: 'sum' },
    });

    const plugin = await registry.plugins.create(given);

    expect(plugin).toEqual({
      id: 1,
      name: 'Speaker',
      version: 1,
      codeHash: given.built.codeHash,
      archiveHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      manifest: given.built.manifest,
      source: given.source,
      marker: 'one',
      capabilities: given.capabilities,
      metrics: given.metrics,
      installedAt: '2026-11-21T00:00:00.000Z',
      installedBy: 'token-1',
      revision: expect.any(Number),
      hasSourceToken: false,
      latest: null,
    });
    expect(await registry.plugins.find(1)).toEqual(plugin);
    expect(await registry.plugins.list()).toEqual([plugin]);
    expect(await registry.reader.readCode(plugin.codeHash)).toBe(given.built.code);
    expect(String(await registry.plugins.readArchive(plugin.archiveHash ?? ''))).toBe('archive of one');
  });

  it('is refused a second time from the same source, whatever token is in its URL', async () => {
    await using registry = await startTestRegistry(bucket);
    const url = 'https://gitlab.example/a/b';
    await registry.plugins.create(await versionSaying('one', [], { source: { kind: 'gitlab', url } }));

    const again = registry.plugins.create(
      await versionSaying('two', [], { source: { kind: 'gitlab', url: `${url}?private_token=planted` } }),
    );

    await expect(again).rejects.toMatchObject({
      code: 'exists',
      message: expect.stringContaining('Plugin 1, Speaker'),
    });
  });

  it('keeps the token of its source sealed, and none in its URL', async () => {
    await using registry = await startTestRegistry(bucket);
    const url = 'https://user:planted@gitlab.example/a/b?private_token=planted&ref=main';

    const plugin = await registry.plugins.create(
      await versionSaying('one', [], { source: { kind: 'gitlab', url } }),
      'planted-token',
    );

    expect(plugin).toMatchObject({ hasSourceToken: true, source: { url: 'https://gitlab.example/a/b?ref=main' } });
    expect(await registry.plugins.readSourceToken(plugin.id)).toBe('planted-token');
    expect(await registry.dump()).not.toContain('planted');
    const next = { kind: 'gitlab', url: 'https://gitlab.example/a/b?ref=next' };
    await registry.plugins.addVersion(plugin.id, await versionSaying('two', [], { source: next }));
    await registry.plugins.switchTo(plugin.id, 2);
    expect(await registry.plugins.readSourceToken(plugin.id)).toBe('planted-token');
  });

  it.each([
    'https://other.example/a/b',
    'http://gitlab.example/a/b',
    'https://gitlab.example:8443/a/b',
    'npm:speaker',
    null,
  ])('forgets that token when a version comes from %s: who may choose the site does not learn it', async (url) => {
    await using registry = await startTestRegistry(bucket);
    const source = { kind: 'gitlab', url: 'https://gitlab.example/a/b' };
    const plugin = await registry.plugins.create(await versionSaying('one', [], { source }), 'planted-token');
    await registry.plugins.addVersion(plugin.id, await versionSaying('two', [], { source: { kind: 'any', url } }));

    const moved = await registry.plugins.switchTo(plugin.id, 2);
    await registry.plugins.switchTo(plugin.id, 1);

    expect(moved.hasSourceToken).toBe(false);
    expect(await registry.plugins.readSourceToken(plugin.id)).toBeNull();
  });

  it('takes another token in place of the one it has, also with the version that runs', async () => {
    await using registry = await startTestRegistry(bucket);
    const source = { kind: 'gitlab', url: 'https://gitlab.example/a/b' };
    const plugin = await registry.plugins.create(await versionSaying('one', [], { source }), 'planted-token');

    await registry.plugins.switchTo(plugin.id, 1, { revision: plugin.revision }, 'another-token');

    expect(await registry.plugins.readSourceToken(plugin.id)).toBe('another-token');
  });

  it('is refused when its plugin.json has no room in an item', async () => {
    await using registry = await startTestRegistry(bucket);

    const create = registry.plugins.create(await versionSaying('one', [{ markdown: 'x'.repeat(200_000) }]));

    await expect(create).rejects.toMatchObject({
      code: 'invalid',
      fields: { 'plugin.json': expect.stringContaining('up to 200000 are kept') },
    });
    expect(await registry.plugins.list()).toEqual([]);
  });
});

describe('versions of a plugin', () => {
  it('are all kept, the newest first, and adding one makes nobody load anything', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin, reader } = registry;
    const before = await reader.readAll();

    await plugins.addVersion(plugin.id, await versionSaying('three'));

    const versions = await plugins.listVersions(plugin.id);
    expect(versions.map(({ number, marker }) => [number, marker])).toEqual([
      [3, 'three'],
      [2, 'two'],
      [1, 'one'],
    ]);
    expect(await plugins.findVersion(plugin.id, 2)).toEqual(versions[1]);
    expect(await reader.readAll()).toEqual(before);
    expect((await plugins.find(plugin.id)).version).toBe(1);
  });

  it('are one when code, archive, plugin.json and marker are the same', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin } = registry;

    const again = await plugins.addVersion(plugin.id, await versionSaying('one'));
    const released = await plugins.addVersion(plugin.id, await versionSaying('one', [], { marker: '1.0.1' }));

    expect([again.number, released.number]).toEqual([1, 3]);
  });

  it('that are added at the same time get numbers of their own', async () => {
    await using registry = await withTwoVersions();
    const words = ['a', 'b', 'c', 'd', 'e'];

    const added = await Promise.all(
      words.map(async (word) => registry.plugins.addVersion(registry.plugin.id, await versionSaying(word))),
    );

    expect(new Set(added.map(({ number }) => number))).toEqual(new Set([3, 4, 5, 6, 7]));
    const versions = await registry.plugins.listVersions(registry.plugin.id);
    expect(new Set(versions.map(({ marker }) => marker))).toEqual(new Set(['one', 'two', ...words]));
  });

  it('can be switched to and back again, which all readers hear of', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin, reader } = registry;
    const versionOf = async () => reader.readVersion();
    const before = await versionOf();

    const updated = await plugins.switchTo(plugin.id, 2, plugin);
    const afterUpdate = await versionOf();
    const back = await plugins.switchTo(plugin.id, 1, updated);

    expect([updated.version, updated.marker, back.version, back.codeHash]).toEqual([2, 'two', 1, plugin.codeHash]);
    expect([afterUpdate - before, (await versionOf()) - afterUpdate]).toEqual([1, 1]);
    expect(await reader.readCode(updated.codeHash)).toContain('two');
  });

  it('lose what only the version before could do', async () => {
    await using registry = await startTestRegistry(bucket);
    const capabilities = { methods: [], jobs: ['sync'], scheduledTasks: [] };
    const { id } = await registry.plugins.create(
      await versionSaying('one', [], { capabilities, metrics: { n: 'max' } }),
    );
    await registry.plugins.addVersion(id, await versionSaying('two'));

    const plugin = await registry.plugins.switchTo(id, 2);

    expect([plugin.capabilities, plugin.metrics]).toEqual([undefined, undefined]);
  });

  it('are switched by one of two that saw the same; the other is told', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin } = registry;
    await plugins.addVersion(plugin.id, await versionSaying('three'));

    const outcomes = await Promise.allSettled([
      plugins.switchTo(plugin.id, 2, plugin),
      plugins.switchTo(plugin.id, 3, plugin),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ name: 'RegistryRefusal', code: 'conflict' });
    const winner = (outcomes[0]?.status === 'fulfilled' ? 2 : 3) as number;
    expect((await plugins.find(plugin.id)).version).toBe(winner);
  });

  it('that do not exist cannot be switched to', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin } = registry;

    await expect(plugins.switchTo(plugin.id, 9)).rejects.toMatchObject({
      code: 'not-found',
      message: 'There is no version 9 of plugin 1',
    });
    await expect(plugins.switchTo(99, 1)).rejects.toMatchObject({ code: 'not-found' });
    await expect(plugins.addVersion(99, await versionSaying('x'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('that were found by a look for updates are shown, and are no change', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin, reader } = registry;
    const before = await reader.readAll();
    const latest = { marker: '2.0.0', checkedAt: '2026-11-21T01:00:00.000Z' };

    await plugins.recordLatest(plugin.id, latest);

    expect(await plugins.find(plugin.id)).toEqual({ ...plugin, latest });
    expect(await reader.readAll()).toEqual(before);
  });

  it('turn plain values into secrets before the plugin.json that calls them so counts', async () => {
    await using registry = await startTestRegistry(bucket);
    const { plugins, configs, projects, reader } = registry;
    const { id: projectId } = await projects.create({ name: 'Shop' });
    const { id: pluginId } = await plugins.create(await versionSaying('one', [{ key: 'apiKey' }]));
    const config = await configs.create({ projectId, pluginId }, { values: { apiKey: 'planted' } });
    expect(await registry.dump()).toContain('planted');

    await plugins.addVersion(pluginId, await versionSaying('two', [{ key: 'apiKey', secret: true }]));
    await plugins.switchTo(pluginId, 2);

    expect(await registry.dump()).not.toContain('planted');
    expect(await configs.find(config.id)).toMatchObject({ values: {}, secrets: { apiKey: true } });
    const [followed] = (await reader.readAll()).pluginConfigs;
    expect(await registry.secrets.open(['plugin-config', 1, 'apiKey'], followed?.secrets?.['apiKey'] ?? '')).toBe(
      'planted',
    );
  });
});

describe('a plugin that is removed', () => {
  it('must not be in use; who uses it is told', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin, configs, projects } = registry;
    const { id: projectId } = await projects.create({ name: 'Shop' });
    const config = await configs.create({ projectId, pluginId: plugin.id });

    await expect(plugins.remove(plugin.id)).rejects.toMatchObject({ code: 'in-use', users: [config.id] });
    await configs.remove(config.id);
    await plugins.remove(plugin.id);

    await expect(plugins.find(plugin.id)).rejects.toMatchObject({ code: 'not-found' });
    expect(await registry.dump()).not.toContain('plugin-version#');
  });

  it('leaves its id to nobody, and its code to those who still run it', async () => {
    await using registry = await withTwoVersions();
    const { plugins, plugin, reader } = registry;
    await plugins.remove(plugin.id);

    const next = await plugins.create(await versionSaying('next'));

    expect(next.id).toBe(2);
    expect(await reader.readCode(plugin.codeHash)).toContain('one');
  });
});
