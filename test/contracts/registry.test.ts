import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BuiltPlugin } from '../../shared/plugins/build.ts';
import { buildPlugin } from '../../shared/plugins/build.ts';
import type { PluginConfigError } from '../../shared/registry/plugin-config.ts';
import { createRegistryErrors } from '../../shared/registry/registry-errors.ts';
import { createRegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistrySetups } from '../../shared/registry/registry-setups.ts';
import { createRegistryWriter, type NewPluginConfig } from '../../shared/registry/registry-writer.ts';
import { startTestTable, type TestTable } from '../support/dynamodb.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

interface TestRegistry extends AsyncDisposable {
  database: TestTable;
  reader: ReturnType<typeof createRegistryReader>;
  errors: ReturnType<typeof createRegistryErrors>;
  setups: ReturnType<typeof createRegistrySetups>;
  writer: ReturnType<typeof createRegistryWriter>;
}

async function emptyRegistry(): Promise<TestRegistry> {
  const database = await startTestTable();
  const { dynamodb, table } = database;
  const deps = { dynamodb, table, s3: bucket.s3, bucket: bucket.bucket };
  return {
    database,
    reader: createRegistryReader(deps),
    errors: createRegistryErrors(deps),
    setups: createRegistrySetups(deps),
    writer: createRegistryWriter({ ...deps, now: () => Date.now() }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A project 1 with plugin 5 installed as plugin config 7. */
async function smallRegistry(): Promise<TestRegistry> {
  const registry = await emptyRegistry();
  await registry.writer.putProject({ id: 1, name: 'Shop' });
  await registry.writer.putPlugin(5, await built('one'));
  await registry.writer.putPluginConfig(pluginConfig());
  return registry;
}

function built(word: string): Promise<BuiltPlugin> {
  return buildPlugin(
    new Map([
      ['plugin.json', JSON.stringify({ name: `Says ${word}`, config: [{ key: 'a', default: '' }] })],
      ['index.js', `function processEvent(event) { event.word = ${JSON.stringify(word)}; return event }`],
    ]),
  );
}

function pluginConfig(changes: Partial<NewPluginConfig> = {}): NewPluginConfig {
  return {
    id: 7,
    teamId: 1,
    pluginId: 5,
    enabled: true,
    order: 2,
    config: { a: '', list: [1, null] },
    attachments: {},
    ...changes,
  };
}

function error(changes: Partial<PluginConfigError> = {}): PluginConfigError {
  return {
    name: 'TypeError',
    message: 'x is not a function',
    time: '2026-01-01T00:00:00.000Z',
    hook: 'processEvent',
    ...changes,
  };
}

test('an empty registry is at version 0 and has nothing', async () => {
  await using registry = await emptyRegistry();

  expect(await registry.reader.readVersion()).toBe(0);
  expect(await registry.reader.readAll()).toEqual({ version: 0, projects: [], pluginConfigs: [] });
});

test('what was written is read back, each write counted once', async () => {
  await using registry = await smallRegistry();

  const { version, projects, pluginConfigs } = await registry.reader.readAll();

  const { codeHash } = await built('one');
  expect(version).toBe(3);
  expect(projects).toEqual([{ id: 1, name: 'Shop', token: expect.stringMatching(/^phc_\w{43}$/) }]);
  expect(pluginConfigs).toEqual([
    {
      id: 7,
      teamId: 1,
      plugin: { id: 5, name: 'Says one', version: 1, codeHash },
      enabled: true,
      revision: expect.any(Number),
      order: 2,
      config: { a: '', list: [1, null] },
      attachments: {},
    },
  ]);
  expect(await registry.reader.readVersion()).toBe(3);
});

test('a plugin config has the list of hosts it was last stored with, or none', async () => {
  await using registry = await smallRegistry();
  const listOf = async () => (await registry.reader.readAll()).pluginConfigs.map(({ allowedHosts }) => allowedHosts);

  await registry.writer.putPluginConfig(pluginConfig({ allowedHosts: ['api.example.com'] }));
  const stored = await listOf();
  await registry.writer.putPluginConfig(pluginConfig({ allowedHosts: [] }));
  const emptied = await listOf();
  await registry.writer.putPluginConfig(pluginConfig());

  expect([stored, emptied, await listOf()]).toEqual([[['api.example.com']], [[]], [undefined]]);
});

test('the code of a plugin is read back as it was built', async () => {
  await using registry = await smallRegistry();
  const { code, codeHash } = await built('one');

  expect(await registry.reader.readCode(codeHash)).toBe(code);
});

test('code that is not there, and code that is not what its hash says, are errors that name the object', async () => {
  await using registry = await emptyRegistry();
  await bucket.s3.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: 'code/abc.js', Body: 'changed' }));

  await expect(registry.reader.readCode('missing')).rejects.toThrow(/s3:\/\/bucket\/code\/missing\.js: NoSuchKey/);
  await expect(registry.reader.readCode('abc')).rejects.toThrow(/s3:\/\/bucket\/code\/abc\.js has other content/);
});

test('plugin configs and projects come in the order of their ids, however many pages they take', async () => {
  await using registry = await smallRegistry();
  const large = 'x'.repeat(300_000);
  for (const id of [1000, 9, 80, 30, 31, 32])
    await registry.writer.putPluginConfig(pluginConfig({ id, config: { large } }));

  const { pluginConfigs } = await registry.reader.readAll();

  expect(pluginConfigs.map(({ id }) => id)).toEqual([7, 9, 30, 31, 32, 80, 1000]);
});

test('every change of a plugin config or of its plugin makes its revision grow, also when it was removed meanwhile', async () => {
  await using registry = await smallRegistry();
  const revision = async () => (await registry.reader.readAll()).pluginConfigs[0]?.revision as number;
  const revisions = [await revision()];

  for (const change of [
    async () => registry.writer.putPluginConfig(pluginConfig({ order: 3 })),
    async () => registry.writer.setEnabled(7, false),
    async () => registry.writer.putPlugin(5, await built('two')),
    async () => {
      await registry.writer.removePluginConfig(7);
      await registry.writer.putPluginConfig(pluginConfig());
    },
  ]) {
    await change();
    revisions.push(await revision());
  }

  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
});

test('setEnabled changes just that, and refuses a plugin config that is not there', async () => {
  await using registry = await smallRegistry();

  await registry.writer.setEnabled(7, false);

  const { pluginConfigs } = await registry.reader.readAll();
  expect(pluginConfigs[0]).toMatchObject({ enabled: false, order: 2, config: { a: '' } });
  await expect(registry.writer.setEnabled(8, true)).rejects.toThrow('There is no plugin config 8');
  expect((await registry.reader.readAll()).pluginConfigs).toHaveLength(1);
});

test('projects and plugins that are in use cannot be removed, and can be after their plugin configs', async () => {
  await using registry = await smallRegistry();

  await expect(registry.writer.removePlugin(5)).rejects.toThrow('Cannot remove plugin 5: the plugin configs 7');
  await expect(registry.writer.removeProject(1)).rejects.toThrow('Cannot remove project 1: the plugin configs 7');
  await registry.errors.recordError(7, error());
  await registry.writer.removePluginConfig(7);
  await registry.writer.removePlugin(5);
  await registry.writer.removeProject(1);

  expect(await registry.reader.readAll()).toEqual({ version: 6, projects: [], pluginConfigs: [] });
});

test('a plugin config whose plugin does not exist is left out', async () => {
  await using registry = await smallRegistry();

  await registry.writer.putPluginConfig(pluginConfig({ id: 8, pluginId: 99 }));

  expect((await registry.reader.readAll()).pluginConfigs.map(({ id }) => id)).toEqual([7]);
});

test('an error is shown with its plugin config without counting as a change; the latest one stays, until the plugin loads', async () => {
  await using registry = await smallRegistry();
  const shown = async () => (await registry.reader.readAll()).pluginConfigs[0]?.error;

  await registry.errors.recordError(7, error({ time: '2026-01-02T00:00:00.000Z', message: 'later' }));
  await registry.errors.recordError(7, error({ time: '2026-01-01T00:00:00.000Z', message: 'earlier' }));
  expect(await shown()).toEqual(error({ time: '2026-01-02T00:00:00.000Z', message: 'later' }));

  await registry.setups.recordLoad(7, {});
  await registry.setups.recordLoad(7, {});
  expect(await shown()).toBeUndefined();

  await registry.errors.recordError(7, error());
  expect(await shown()).toEqual(error());
  expect(await registry.reader.readVersion()).toBe(3);
});

test('what a load told stays with the plugin config, and what a later one told takes its place', async () => {
  await using registry = await smallRegistry();
  const capabilities = { methods: ['processEvent'], jobs: [], scheduledTasks: ['runEveryHour'] };
  await registry.setups.recordLoad(7, { capabilities, metrics: { seen: 'sum', largest: 'max' } });
  await registry.setups.recordLoad(7, { metrics: {} });
  await registry.setups.recordLoad(7, {});

  const { version, pluginConfigs } = await registry.reader.readAll();

  expect(pluginConfigs[0]).toMatchObject({ capabilities });
  expect(pluginConfigs[0]?.metrics).toEqual({});
  expect(version).toBe(3);
});

test('attempts to set a plugin config up are read with it, and a success that ends them is a change for everybody', async () => {
  await using registry = await smallRegistry();
  const attempts = { revision: 1, made: 1, nextAt: 3000 };
  const shown = async () => (await registry.reader.readAll()).pluginConfigs[0]?.setup;

  await registry.setups.recordFirstFailure(7, attempts);
  expect([await shown(), await registry.reader.readVersion()]).toEqual([attempts, 3]);

  await registry.setups.recordLoad(7, {});
  expect([await shown(), await registry.reader.readVersion()]).toEqual([undefined, 4]);
});

test('an attachment is read back as it was uploaded, whatever its bytes', async () => {
  await using registry = await emptyRegistry();
  const contents = Buffer.from([0, 255, 128, 10]);

  const attachment = await registry.writer.putAttachment({ contentType: 'image/png', fileName: 'a.png' }, contents);

  expect(attachment).toMatchObject({ contentType: 'image/png', fileName: 'a.png' });
  expect(await registry.reader.readAttachment(attachment.key)).toEqual(contents);
});

test('an attachment that is not there, is not what its hash says, or lies elsewhere is an error that names it', async () => {
  await using registry = await emptyRegistry();
  await bucket.s3.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: 'attachments/abc', Body: 'changed' }));

  await expect(registry.reader.readAttachment('attachments/none')).rejects.toThrow(/attachments\/none: NoSuchKey/);
  await expect(registry.reader.readAttachment('attachments/abc')).rejects.toThrow(/attachments\/abc has other content/);
  await expect(registry.reader.readAttachment('code/x')).rejects.toThrow('got "code/x"');
});

test('an error too long for an item is cut', async () => {
  await using registry = await smallRegistry();

  await registry.errors.recordError(7, error({ message: 'm'.repeat(500_000), stack: 's'.repeat(500_000) }));

  const shown = (await registry.reader.readAll()).pluginConfigs[0]?.error;
  expect([shown?.message.length, shown?.stack?.length]).toEqual([10_000, 20_000]);
});

test('disable records the error, disables and counts, and does so again when it is repeated', async () => {
  await using registry = await smallRegistry();
  const revision = (await registry.reader.readAll()).pluginConfigs[0]?.revision as number;

  expect(await registry.errors.disable(7, revision, error())).toBe('disabled');
  expect(await registry.errors.disable(7, revision, error())).toBe('disabled');

  const { version, pluginConfigs } = await registry.reader.readAll();
  expect(pluginConfigs[0]).toMatchObject({ enabled: false, error: error() });
  expect(version).toBe(5);
});

const changes: [string, (registry: TestRegistry) => Promise<void>][] = [
  ['the plugin config was changed', ({ writer }) => writer.putPluginConfig(pluginConfig({ config: { a: 'fixed' } }))],
  ['the plugin was upgraded', async ({ writer }) => void (await writer.putPlugin(5, await built('two')))],
  [
    'it was disabled and enabled again',
    async ({ writer }) => {
      await writer.setEnabled(7, false);
      await writer.setEnabled(7, true);
    },
  ],
];
test.each(changes)(
  'disable leaves the plugin config alone when, since its revision was read, %s',
  async (_, change) => {
    await using registry = await smallRegistry();
    const revision = (await registry.reader.readAll()).pluginConfigs[0]?.revision as number;
    await change(registry);
    const before = await registry.reader.readAll();

    expect(await registry.errors.disable(7, revision, error())).toBe('outdated');

    expect(await registry.reader.readAll()).toEqual(before);
  },
);

test('disable of a plugin config that was removed makes nothing', async () => {
  await using registry = await smallRegistry();
  const revision = (await registry.reader.readAll()).pluginConfigs[0]?.revision as number;
  await registry.writer.removePluginConfig(7);

  expect(await registry.errors.disable(7, revision, error())).toBe('outdated');

  expect((await registry.reader.readAll()).pluginConfigs).toEqual([]);
});

test('writes at the same time are all counted', async () => {
  await using registry = await emptyRegistry();

  await Promise.all(Array.from({ length: 20 }, (_, id) => registry.writer.putProject({ id, name: `Project ${id}` })));

  const { version, projects } = await registry.reader.readAll();
  expect([version, projects.length]).toEqual([20, 20]);
});
