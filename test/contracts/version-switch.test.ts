import { afterAll, beforeAll, expect, it } from 'vitest';
import { followRegistry } from '../../shared/host/follow-registry.ts';
import { buildPlugin } from '../../shared/plugins/build.ts';
import type { NewPluginVersion } from '../../shared/registry/plugin-version.ts';
import { createRegistryErrors } from '../../shared/registry/registry-errors.ts';
import { createRegistrySetups } from '../../shared/registry/registry-setups.ts';
import { openSecrets } from '../../shared/registry/seal-contents.ts';
import { createTestHost, eventOf, eventsOf } from '../support/plugin-host.ts';
import { startTestRegistry, type TestRegistry, versionSaying } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

/** An execution environment: a follower of the registry with a plugin host of its own. */
function startEnvironment({ reader, database, world, ...registry }: TestRegistry) {
  const { secrets } = registry.dying();
  const host = createTestHost();
  const gate = { beforeCode: async () => {} };
  const problems: string[] = [];
  const follower = followRegistry({
    registry: {
      ...reader,
      ...createRegistryErrors(database),
      ...createRegistrySetups(database),
      async readCode(hash) {
        await gate.beforeCode();
        return reader.readCode(hash);
      },
      openSecrets: (config) => openSecrets(secrets, config),
    },
    host,
    instanceId: 'environment',
    now: () => world.now,
    log: ({ level, message }) => void (level === 'ERROR' && problems.push(message)),
    onReport: async () => {},
    warn: (message) => void problems.push(message),
  });
  return {
    gate,
    problems,
    follower,
    refresh: () => follower.refresh(performance.now() + 60_000),
    /** What the plugins of the next batch write. */
    async word() {
      const [event] = eventsOf(await host.runEvents([eventOf()]));
      return (event as { word?: unknown } | undefined)?.word;
    },
    [Symbol.asyncDispose]: () => host.stop(),
  };
}

/** A version of a plugin whose code says the value of a secret field. */
async function versionTelling(key: string): Promise<NewPluginVersion> {
  const version = await versionSaying('', [{ key, secret: true }]);
  const files = new Map([
    ['plugin.json', JSON.stringify(version.built.manifest)],
    ['index.js', `exports.processEvent = (event, { config }) => { event.word = config.${key}; return event }`],
  ]);
  return { ...version, built: await buildPlugin(files) };
}

it('a version that is switched to runs from the next batch of each environment; until then the one before does, also where it is just being loaded', async () => {
  await using registry = await startTestRegistry(bucket);
  const { projects, plugins, configs } = registry;
  const { id: projectId } = await projects.create({ name: 'Shop' });
  const { id: pluginId } = await plugins.create(await versionSaying('one'));
  await configs.create({ projectId, pluginId }, { enabled: true });
  await plugins.addVersion(pluginId, await versionSaying('two'));
  await using early = startEnvironment(registry);
  await using late = startEnvironment(registry);
  await using starting = startEnvironment(registry);
  await early.refresh();
  await late.refresh();
  // One has read the registry as it was before the switch, and reads the code after it.
  starting.gate.beforeCode = async () => void (await plugins.switchTo(pluginId, 2));

  await starting.refresh();
  await early.refresh();
  const during = [await early.word(), await late.word(), await starting.word()];
  await late.refresh();
  await starting.refresh();
  const updated = [await early.word(), await late.word(), await starting.word()];
  await plugins.switchTo(pluginId, 1);
  await late.refresh();
  const rolledBack = [await early.word(), await late.word()];

  expect(during).toEqual(['two', 'one', 'one']);
  expect(updated).toEqual(['two', 'two', 'two']);
  expect(rolledBack).toEqual(['two', 'one']);
  expect([early, late, starting].flatMap(({ problems }) => problems)).toEqual([]);
});

it('a version whose code cannot be read leaves the one before running, until it can be', async () => {
  await using registry = await startTestRegistry(bucket);
  const { projects, plugins, configs, world } = registry;
  const { id: projectId } = await projects.create({ name: 'Shop' });
  const { id: pluginId } = await plugins.create(await versionSaying('one'));
  const { id } = await configs.create({ projectId, pluginId }, { enabled: true });
  await plugins.addVersion(pluginId, await versionSaying('two'));
  await using environment = startEnvironment(registry);
  await environment.refresh();
  environment.gate.beforeCode = async () => {
    throw new Error('S3 is away');
  };

  await plugins.switchTo(pluginId, 2);
  await environment.refresh();
  const words = [await environment.word()];
  await environment.refresh();
  words.push(await environment.word());
  const shown = await configs.find(id);
  environment.gate.beforeCode = async () => {};
  world.now += 3000;
  await environment.refresh();
  words.push(await environment.word());

  expect(words).toEqual(['one', 'one', 'two']);
  expect(shown).toMatchObject({ enabled: true, error: { message: 'S3 is away', hook: 'load' } });
  expect((await configs.find(id)).error).toBeUndefined();
});

it('a secret reaches the plugin; one that cannot be opened keeps out that plugin alone, with an error that says which and what to do', async () => {
  await using registry = await startTestRegistry(bucket);
  const { projects, plugins, configs, world } = registry;
  const { id: projectId } = await projects.create({ name: 'Shop' });
  const source = { kind: 'upload', url: null };
  const { id: pluginId } = await plugins.create(await versionTelling('apiKey'));
  const { id: otherId } = await plugins.create(await versionSaying('other', [], { source }));
  await configs.create({ projectId, pluginId: otherId }, { enabled: true });
  const { id } = await configs.create({ projectId, pluginId }, { enabled: true, values: { apiKey: 'planted' } });
  await using good = startEnvironment(registry);
  await good.refresh();
  expect(await good.word()).toBe('planted');

  world.keys = { current: 'k2', k2: 'b'.repeat(43) };
  world.now += 60_000;
  await using later = startEnvironment(registry);
  await later.refresh();

  expect(await later.word()).toBe('other');
  const { error, enabled } = await configs.find(id);
  expect(enabled).toBe(true);
  expect(error?.message).toBe(
    `The secret "apiKey" of plugin-config ${id} cannot be opened: it was sealed with the key "k1"; the secret with the keys has k2. If that does not pass, enter it again.`,
  );
  expect(JSON.stringify([error, later.problems, await registry.dump()])).not.toContain('planted');
});
