import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, type TestRegistry, versionSaying } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

type Stores = Pick<TestRegistry, 'projects' | 'plugins' | 'configs'>;

interface Command {
  title: string;
  run(stores: Stores): Promise<unknown>;
  /** What is so once the command, begun anew by another process, has ended. */
  holds(registry: TestRegistry): Promise<void>;
}

/** Project 1, plugin 1 in version 1 of 2, configured twice. */
async function prepared() {
  const registry = await startTestRegistry(bucket);
  const { projects, plugins, configs } = registry;
  const { id: projectId } = await projects.create({ name: 'Shop' });
  const { id: pluginId } = await plugins.create(await versionSaying('one', [{ key: 'apiKey', secret: true }]));
  await plugins.addVersion(pluginId, await versionSaying('two', [{ key: 'plain', secret: true }]));
  await configs.create({ projectId, pluginId }, { enabled: true, values: { apiKey: 'a', plain: 'b' } });
  await configs.create({ projectId, pluginId }, { enabled: true });
  return registry;
}

const followed = async ({ reader }: TestRegistry) => (await reader.readAll()).pluginConfigs;

const COMMANDS: Command[] = [
  {
    title: 'installing a plugin',
    run: async ({ plugins }) =>
      plugins.create(await versionSaying('new', [], { source: { kind: 'upload', url: null } }), 'token'),
    async holds({ plugins, reader }) {
      const installed = await plugins.list();
      for (const { id, version, codeHash } of installed) {
        expect(await reader.readCode(codeHash)).toBeTypeOf('string');
        expect((await plugins.listVersions(id)).map(({ number }) => number)).toContain(version);
      }
      expect(installed.at(-1)?.marker).toBe('new');
    },
  },
  {
    title: 'adding a version',
    run: async ({ plugins }) => plugins.addVersion(1, await versionSaying('three')),
    async holds({ plugins, reader }) {
      const versions = await plugins.listVersions(1);
      expect(versions.map(({ number, marker }) => [number, marker])).toEqual([
        [3, 'three'],
        [2, 'two'],
        [1, 'one'],
      ]);
      expect(await reader.readCode(versions[0]?.codeHash ?? '')).toContain('three');
    },
  },
  {
    title: 'switching to a version',
    run: ({ plugins }) => plugins.switchTo(1, 2),
    async holds(registry) {
      const configs = await followed(registry);
      expect(configs.map(({ plugin }) => plugin.version)).toEqual([2, 2]);
      expect(configs[0]?.config).toEqual({});
      expect(Object.keys(configs[0]?.secrets ?? {}).sort()).toEqual(['apiKey', 'plain']);
    },
  },
  {
    title: 'changing a plugin config',
    run: ({ configs }) => configs.update(1, { values: { apiKey: 'new', other: 1 }, enabled: false }),
    async holds(registry) {
      const [config] = await followed(registry);
      expect(config).toMatchObject({ enabled: false, config: { plain: 'b', other: 1 } });
      expect(await registry.secrets.open(['plugin-config', 1, 'apiKey'], config?.secrets?.['apiKey'] ?? '')).toBe(
        'new',
      );
    },
  },
  {
    title: 'rearranging a chain',
    run: ({ configs }) => configs.rearrange(1, { 1: 2, 2: 1 }),
    async holds(registry) {
      expect((await followed(registry)).map(({ id, order }) => [id, order])).toEqual([
        [1, 2],
        [2, 1],
      ]);
    },
  },
  {
    title: 'removing a plugin config',
    run: ({ configs }) => configs.remove(2),
    async holds(registry) {
      expect((await followed(registry)).map(({ id }) => id)).toEqual([1]);
    },
  },
  {
    title: 'removing a plugin',
    async run({ configs, plugins }) {
      await configs.remove(1);
      await configs.remove(2);
      await plugins.remove(1);
    },
    async holds(registry) {
      expect(await registry.plugins.list()).toEqual([]);
      expect(await registry.dump()).not.toContain('plugin-version#');
    },
  },
  {
    title: 'replacing the token of a project',
    run: ({ projects }) => projects.rotateToken(1),
    async holds({ projects, reader }) {
      const [project] = (await reader.readAll()).projects;
      expect(await projects.findByToken(project?.token ?? '')).toMatchObject({ id: 1 });
    },
  },
];

/** Calls that a command makes when nothing goes wrong. */
async function callsOf(command: Command): Promise<number> {
  await using registry = await prepared();
  const { made, ...stores } = registry.dying();
  await command.run(stores);
  return made.calls;
}

describe.each(COMMANDS)('$title', (command) => {
  it('does its work when the process dies at any call, and it is begun anew; everybody hears of it', async () => {
    const calls = await callsOf(command);
    expect(calls).toBeGreaterThan(1);
    // After the last call nothing is left to be done, but whoever waits for the answer does not know.
    for (let after = 0; after <= calls; after++) await survives(command, after);
  });

  it('is done once when every write is sent twice', async () => {
    await using registry = await prepared();
    const { version } = await registry.reader.readAll();

    await command.run(registry.repeating());

    await command.holds(registry);
    if (command.title !== 'adding a version') expect(await registry.reader.readVersion()).toBeGreaterThan(version);
  });
});

async function survives(command: Command, after: number): Promise<void> {
  await using registry = await prepared();
  const before = await registry.reader.readAll();
  await command.run(registry.dying(after)).catch(() => {});
  // What a reader sees in between is a whole registry, in which all that runs is there.
  for (const { plugin } of (await registry.reader.readAll()).pluginConfigs)
    expect(await registry.reader.readCode(plugin.codeHash)).toBeTypeOf('string');
  const seen = await registry.reader.readAll();

  await command.run(registry);

  await command.holds(registry);
  const end = await registry.reader.readAll();
  const isNews = (one: typeof end, other: typeof end) =>
    JSON.stringify({ ...one, version: 0 }) !== JSON.stringify({ ...other, version: 0 });
  // Whoever read before or in between, and has not seen the end, looks again.
  if (isNews(end, before)) expect(end.version).toBeGreaterThan(before.version);
  if (isNews(end, seen)) expect(end.version).toBeGreaterThan(seen.version);
}

describe('a change that died before anybody was told', () => {
  it('is told by the conflict that its repetition is', async () => {
    await using registry = await prepared();
    const { configs, plugins, projects, reader } = registry;
    const seenConfig = await configs.find(1);
    const seenPlugin = await plugins.find(1);
    const seenProject = await projects.find(1);
    await plugins.addVersion(1, await versionSaying('three'));
    const attempts: ((stores: Stores) => Promise<unknown>)[] = [
      (stores) => stores.configs.update(1, { values: { other: 1 } }, seenConfig),
      (stores) => stores.projects.update(1, { name: 'Store' }, seenProject),
      (stores) => stores.configs.rearrange(1, { 2: 0 }, { revision: 0 }),
      (stores) => stores.plugins.switchTo(1, 3, seenPlugin),
    ];
    for (const attempt of attempts) {
      const before = await reader.readAll();
      await diesBeforeTelling(registry, attempt);
      const stored = await reader.readAll();
      expect(stored.version).toBe(before.version);

      const repetition = await attempt(registry).then(
        () => 'done',
        (error: unknown) => (error as { code: string }).code,
      );

      expect(['conflict', 'done']).toContain(repetition);
      expect(await reader.readVersion()).toBeGreaterThan(before.version);
    }
  });
});

/** Dies at the first call after which something else is stored. */
async function diesBeforeTelling(registry: TestRegistry, attempt: (stores: Stores) => Promise<unknown>): Promise<void> {
  const before =
    JSON.stringify((await registry.reader.readAll()).pluginConfigs) + (await registry.projects.find(1)).name;
  for (let after = 0; after < 30; after++) {
    await attempt(registry.dying(after)).catch(() => {});
    const { pluginConfigs, version } = await registry.reader.readAll();
    const now = JSON.stringify(pluginConfigs) + (await registry.projects.find(1)).name;
    if (now !== before) return;
    expect(version).toBeDefined();
  }
  throw new Error('Nothing was ever stored');
}
