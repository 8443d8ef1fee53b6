import { describe, expect, it } from 'vitest';
import type { Installation } from '../../../shared/host/child-keeper.ts';
import { followRegistry } from '../../../shared/host/follow-registry.ts';
import type { PluginConfig } from '../../../shared/plugins/plugin-config.ts';
import type { HookError, LoadResult, PluginLogLine, PluginReport } from '../../../shared/sandbox/protocol.ts';
import { createSharedStatus } from '../../support/shared-status.ts';

function configOf(id: number, overrides: Partial<PluginConfig> = {}): PluginConfig {
  return {
    id,
    teamId: 1,
    plugin: { id, name: `Plugin ${id}`, codeHash: `hash-${id}` },
    enabled: true,
    revision: 100 + id,
    order: id,
    config: {},
    attachments: {},
    ...overrides,
  };
}

const ERROR: HookError = { hook: 'setupPlugin', name: 'TypeError', message: 'no key', retry: false };
const RETRY: HookError = { ...ERROR, name: 'RetryError', message: 'later', retry: true };

/** A follower between a registry and a host that are as the test says. */
function harness(...pluginConfigs: PluginConfig[]) {
  const world = {
    now: 0,
    version: 1,
    pluginConfigs,
    /** What keeps the registry from being read. */
    outage: null as Error | null,
    /** What plugin configs fail with when they are set up. */
    errors: new Map<number, HookError>(),
    /** What plugin configs tell when they are set up. */
    told: new Map<number, Pick<LoadResult, 'capabilities' | 'metrics'>>(),
    /** Hashes of code, and keys of attachments, that are not there. */
    missingFiles: new Set<string>(),
    /** What is reported of the teardowns of an installation. */
    report: null as PluginReport | null,
    hostFailure: null as Error | null,
  };
  const installations: Installation[] = [];
  /** Ids of the plugin configs that each installation set up, as the host tells them: by identity of the object. */
  const setUps: number[][] = [];
  const calls: unknown[][] = [];
  const lines: PluginLogLine[] = [];
  const reads = { all: 0, code: [] as string[], attachments: [] as string[] };
  const status = createSharedStatus(() => void world.version++);
  let before: Installation['plugins'] = [];
  const follower = followRegistry({
    registry: {
      async readVersion() {
        if (world.outage !== null) throw world.outage;
        return world.version;
      },
      async readAll() {
        reads.all++;
        const { version } = world;
        return { version, projects: [{ id: 1, name: 'One' }], pluginConfigs: world.pluginConfigs.map(status.join) };
      },
      async readCode(codeHash) {
        reads.code.push(codeHash);
        if (world.missingFiles.has(codeHash)) throw new Error(`Cannot read code/${codeHash}.js`);
        return `code of ${codeHash}`;
      },
      async readAttachment(key) {
        reads.attachments.push(key);
        if (world.missingFiles.has(key)) throw new Error(`Cannot read ${key}`);
        return Buffer.from(`bytes of ${key}`);
      },
      ...status.setups,
      async recordLoad(id, load) {
        calls.push(['recordLoad', id, load]);
        await status.setups.recordLoad(id, load);
      },
      recordError: async (id, error) => void calls.push(['recordError', id, error.message]),
      disable: async (id, revision, error) => void calls.push(['disable', id, revision, error.message]),
    },
    host: {
      async install(installation) {
        if (world.hostFailure !== null) throw world.hostFailure;
        installations.push(installation);
        const fresh = installation.plugins.filter((plugin) => !before.includes(plugin));
        before = installation.plugins;
        setUps.push(fresh.map(({ id }) => id));
        if (world.report !== null) await installation.onReport?.(world.report);
        for (const { id } of fresh) {
          const error = world.errors.get(id);
          await installation.onLoad({
            id,
            ...world.told.get(id),
            ...(error === undefined ? {} : { error }),
          });
        }
      },
      async tearDown() {
        if (world.report !== null) await installations.at(-1)?.onReport?.(world.report);
      },
    },
    instanceId: 'here',
    now: () => world.now,
    log: (line) => void lines.push(line),
    onReport: async () => {},
    warn: () => {},
  });
  const change = (...changed: PluginConfig[]) => {
    world.version++;
    world.pluginConfigs = changed;
  };
  return { world, follower, installations, setUps, calls, lines, reads, change };
}

/** On the host's clock, which a fake host does not read. */
const DEADLINE = 60_000;

describe('following the registry', () => {
  it('leaves out a plugin whose code cannot be read, tries it again later, and runs the others', async () => {
    const { world, follower, installations, calls } = harness(configOf(1), configOf(2));
    world.missingFiles.add('hash-1');

    await follower.refresh(DEADLINE);
    world.missingFiles.clear();
    world.now += 3000;
    await follower.refresh(DEADLINE);

    expect(installations.map(({ plugins }) => plugins.map(({ id }) => id))).toEqual([[2], [1, 2]]);
    expect(calls).toEqual([
      ['recordError', 1, 'Cannot read code/hash-1.js'],
      ['recordLoad', 1, {}],
    ]);
  });

  it('hears of a plugin that fails when a new child loads it later', async () => {
    const { follower, installations, calls } = harness(configOf(1));
    await follower.refresh(DEADLINE);

    await installations[0]?.onLoad({
      id: 1,
      error: { hook: 'setupPlugin', name: 'RetryError', message: 'later', retry: true },
    });

    expect(calls).toEqual([['recordError', 1, 'later']]);
  });

  it('installs every project’s enabled plugin configs by order, then by id', async () => {
    const { follower, installations } = harness(
      configOf(1, { order: 5 }),
      configOf(2, { order: 1 }),
      configOf(3, { order: 1, enabled: false }),
      configOf(4, { order: 1 }),
    );

    await follower.refresh(DEADLINE);

    expect(installations[0]?.chains).toEqual([{ teamId: 1, plugins: [2, 4, 1] }]);
    expect(installations[0]?.plugins[0]).toMatchObject({ id: 2, name: 'Plugin 2', code: 'code of hash-2' });
  });

  it('costs one read, and nothing else, while nothing has changed', async () => {
    const { follower, installations, reads } = harness(configOf(1));

    for (let batch = 0; batch < 5; batch++) await follower.refresh(DEADLINE);

    expect(installations).toHaveLength(1);
    expect(reads).toEqual({ all: 1, code: ['hash-1'], attachments: [] });
  });

  it('sets up what has changed and leaves the others alone', async () => {
    const { follower, setUps, change, reads } = harness(configOf(1), configOf(2), configOf(3));
    await follower.refresh(DEADLINE);

    change(
      configOf(1, { config: { key: 'new' } }),
      configOf(2, { order: 99, revision: 500 }),
      configOf(3, { plugin: { id: 3, name: 'Plugin 3', codeHash: 'newer' } }),
    );
    await follower.refresh(DEADLINE);

    expect(setUps).toEqual([
      [1, 2, 3],
      [1, 3],
    ]);
    expect(reads.code).toEqual(['hash-1', 'hash-2', 'hash-3', 'newer']);
  });

  it('follows a version that has gone down, as after a restore from a backup', async () => {
    const { follower, installations, world } = harness(configOf(1));
    await follower.refresh(DEADLINE);

    Object.assign(world, { version: 0, pluginConfigs: [] });
    await follower.refresh(DEADLINE);

    expect(installations[1]?.plugins).toEqual([]);
  });
});

describe('a registry that cannot be read', () => {
  it('fails the batch at a cold start: without plugins, events would pass unprocessed', async () => {
    const { follower, world } = harness(configOf(1));
    world.outage = new Error('unreachable');

    await expect(follower.refresh(DEADLINE)).rejects.toThrow('unreachable');
  });

  it('keeps what is installed, and is followed again when it is back', async () => {
    const { follower, world, change, setUps } = harness(configOf(1));
    await follower.refresh(DEADLINE);

    change(configOf(1), configOf(2));
    world.outage = new Error('unreachable');
    await follower.refresh(DEADLINE);
    const meanwhile = follower.find(1);
    world.outage = null;
    await follower.refresh(DEADLINE);

    expect(meanwhile).toMatchObject({ id: 1 });
    expect(setUps).toEqual([[1], [2]]);
  });
});

it('an installation that failed is done again with the next batch, although the registry is as it was', async () => {
  const { follower, world, installations } = harness(configOf(1));
  world.hostFailure = new Error('the host died');
  await expect(follower.refresh(DEADLINE)).rejects.toThrow('the host died');

  world.hostFailure = null;
  await follower.refresh(DEADLINE);

  expect(installations).toHaveLength(1);
});

describe('a plugin config that could not be set up', () => {
  it('is disabled at once, as of the revision that was tried', async () => {
    const { follower, world, calls } = harness(configOf(1), configOf(2));
    world.errors.set(1, ERROR);

    await follower.refresh(DEADLINE);
    await follower.refresh(DEADLINE);

    expect(calls).toEqual([['disable', 1, 101, 'no key']]);
    expect([follower.find(1), follower.find(2)]).toMatchObject([undefined, { id: 2 }]);
  });

  it('is tried again when its owner enables it as it was, even before anyone has seen that it was disabled', async () => {
    const { follower, world, change, setUps } = harness(configOf(1));
    world.errors.set(1, ERROR);
    await follower.refresh(DEADLINE);

    world.errors.clear();
    change(configOf(1));
    await follower.refresh(DEADLINE);

    expect(setUps).toEqual([[1], [1]]);
  });

  it('and asked to be tried again is tried 3, 6, 12 … 768 s later, ten times in all, then disabled', async () => {
    const { follower, world, calls, setUps } = harness(configOf(1), configOf(2));
    world.errors.set(1, RETRY);
    const triedAt: number[] = [];

    for (; world.now <= 3_600_000; world.now += 1000) {
      const before = setUps.flat().filter((id) => id === 1).length;
      await follower.refresh(DEADLINE);
      if (setUps.flat().filter((id) => id === 1).length > before) triedAt.push(world.now / 1000);
    }

    const delays = triedAt.slice(1).map((at, index) => at - (triedAt[index] as number));
    expect(delays).toEqual([3, 6, 12, 24, 48, 96, 192, 384, 768]);
    expect(calls.map(([what]) => what)).toEqual([...Array.from({ length: 9 }, () => 'recordError'), 'disable']);
    expect(setUps.flat().filter((id) => id === 2)).toHaveLength(1);
  });

  it('keeps its place in the chain while it waits, so that it is back where it was', async () => {
    const { follower, world, installations } = harness(configOf(1), configOf(2), configOf(3));
    world.errors.set(2, RETRY);
    await follower.refresh(DEADLINE);

    world.errors.clear();
    world.now = 3000;
    await follower.refresh(DEADLINE);

    expect(installations.at(-1)?.plugins.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(installations.at(-1)?.chains).toEqual([{ teamId: 1, plugins: [1, 2, 3] }]);
  });

  it('has its error taken back when a later attempt succeeds, although no change of the registry told of it', async () => {
    const { follower, world, calls } = harness(configOf(1));
    world.errors.set(1, RETRY);
    await follower.refresh(DEADLINE);

    world.errors.clear();
    world.now = 3000;
    await follower.refresh(DEADLINE);

    expect(calls).toEqual([
      ['recordError', 1, 'later'],
      ['recordLoad', 1, {}],
    ]);
  });

  it('is tried at once, with all its attempts, when its owner changes it', async () => {
    const { follower, world, change, setUps } = harness(configOf(1));
    world.errors.set(1, RETRY);
    await follower.refresh(DEADLINE);

    world.errors.clear();
    change(configOf(1, { config: { key: 'right' }, revision: 200 }));
    await follower.refresh(DEADLINE);

    expect(setUps).toEqual([[1], [1]]);
  });

  it.each<[string, (world: ReturnType<typeof harness>) => void]>([
    ['was disabled by its owner', ({ change }) => change(configOf(1, { enabled: false }))],
    ['was removed', ({ change }) => change()],
    ['used up its attempts', ({ world }) => world.errors.set(1, ERROR)],
  ])('costs nothing any more once it %s', async (_, end) => {
    const all = harness(configOf(1));
    all.world.errors.set(1, RETRY);
    await all.follower.refresh(DEADLINE);

    end(all);
    all.world.now = 3000;
    await all.follower.refresh(DEADLINE);
    const installations = all.installations.length;
    all.world.now = 3_600_000;
    await all.follower.refresh(DEADLINE);

    expect(all.installations).toHaveLength(installations);
  });

  it('is not tried before its time because another one has changed', async () => {
    const { follower, world, change, setUps } = harness(configOf(1));
    world.errors.set(1, RETRY);
    await follower.refresh(DEADLINE);

    change(configOf(1), configOf(2));
    await follower.refresh(DEADLINE);

    expect(setUps).toEqual([[1], [2]]);
  });
});

describe('attachments', () => {
  const file = (name: string) => ({ contentType: 'text/plain', fileName: `${name}.txt`, key: `attachments/${name}` });

  it('come with the plugin config, each read once, however many plugin configs have it', async () => {
    const { follower, installations, reads, change } = harness(
      configOf(1, { attachments: { key: file('a'), other: file('b') } }),
      configOf(2, { attachments: { key: file('a') } }),
    );

    await follower.refresh(DEADLINE);
    change(configOf(1, { attachments: { key: file('b') } }));
    await follower.refresh(DEADLINE);

    const contentsBase64 = Buffer.from('bytes of attachments/b').toString('base64');
    expect(installations[0]?.plugins[0]?.attachments?.['other']).toEqual({
      contentType: 'text/plain',
      fileName: 'b.txt',
      contentsBase64,
    });
    expect(installations[1]?.plugins[0]?.attachments).toMatchObject({ key: { contentsBase64 } });
    expect(reads.attachments.sort()).toEqual(['attachments/a', 'attachments/b']);
  });

  it('that are missing are an error of their plugin config, which is tried again; the others run', async () => {
    const { world, follower, installations, calls } = harness(
      configOf(1, { attachments: { key: file('a') } }),
      configOf(2),
    );
    world.missingFiles.add('attachments/a');

    await follower.refresh(DEADLINE);
    world.missingFiles.clear();
    world.now += 3000;
    await follower.refresh(DEADLINE);

    expect(installations.map(({ plugins }) => plugins.map(({ id }) => id))).toEqual([[2], [1, 2]]);
    expect(calls[0]).toEqual(['recordError', 1, 'Cannot read attachments/a']);
  });
});

describe('what a plugin can do and measures', () => {
  const told: Pick<LoadResult, 'capabilities' | 'metrics'> = {
    capabilities: { methods: ['processEvent'], jobs: ['sync'], scheduledTasks: [] },
    metrics: { seen: 'sum' },
  };

  it('is recorded after a load, and again only when it has changed', async () => {
    const { world, follower, calls, change } = harness(configOf(1));
    world.told.set(1, told);

    await follower.refresh(DEADLINE);
    change(configOf(1, { config: { other: 1 } }));
    await follower.refresh(DEADLINE);
    world.told.set(1, { ...told, metrics: { seen: 'sum', largest: 'max' } });
    change(configOf(1, { config: { other: 2 } }));
    await follower.refresh(DEADLINE);

    expect(calls).toEqual([
      ['recordLoad', 1, told],
      ['recordLoad', 1, { ...told, metrics: { seen: 'sum', largest: 'max' } }],
    ]);
  });
});

describe('the owner of a plugin is told', () => {
  const systemLines = (lines: PluginLogLine[]) =>
    lines.filter(({ source }) => source === 'SYSTEM').map(({ plugin, level, message }) => [plugin, level, message]);

  it('when it is loaded and unloaded, the old one before the new one', async () => {
    const { world, follower, lines, change } = harness(configOf(1), configOf(2));
    world.report = { errors: [], logs: [], logsDropped: 0 };

    await follower.refresh(DEADLINE);
    change(configOf(1, { config: { key: 'new' } }));
    await follower.refresh(DEADLINE);

    expect(systemLines(lines)).toEqual([
      [1, 'INFO', 'Plugin loaded (instance ID here).'],
      [2, 'INFO', 'Plugin loaded (instance ID here).'],
      [1, 'INFO', 'Plugin unloaded (instance ID here).'],
      [2, 'INFO', 'Plugin unloaded (instance ID here).'],
      [1, 'INFO', 'Plugin loaded (instance ID here).'],
    ]);
  });

  it('when its teardown fails, and when nobody knows how it ended', async () => {
    const { world, follower, lines, change } = harness(configOf(1), configOf(2), configOf(3));
    await follower.refresh(DEADLINE);
    const last = { ...ERROR, hook: 'teardownPlugin' };

    change(configOf(2), configOf(3));
    world.report = { errors: [{ plugin: 1, count: 1, last }], logs: [], logsDropped: 0 };
    await follower.refresh(DEADLINE);
    change(configOf(3));
    world.report = null;
    await follower.refresh(DEADLINE);

    expect(systemLines(lines).slice(3)).toEqual([
      [1, 'ERROR', 'Plugin failed to unload (instance ID here).'],
      [2, 'ERROR', 'Plugin failed to unload (instance ID here).'],
    ]);
  });

  it('at shutdown', async () => {
    const { world, follower, lines } = harness(configOf(1));
    await follower.refresh(DEADLINE);
    world.report = { errors: [], logs: [], logsDropped: 0 };

    await follower.tearDown(300);

    expect(systemLines(lines)[1]).toEqual([1, 'INFO', 'Plugin unloaded (instance ID here).']);
  });

  it.each([
    ['will be tried again', RETRY, 'Retrying in 3 s.'],
    ['will not', ERROR, 'Disabling it: only a RetryError is tried again.'],
  ])('when it fails to load, with the error, and that it %s', async (_, error, consequence) => {
    const { world, follower, lines } = harness(configOf(1));
    world.errors.set(1, error);

    await follower.refresh(DEADLINE);

    expect(lines).toEqual([
      { plugin: 1, source: 'PLUGIN', level: 'ERROR', message: `${error.name}: ${error.message}` },
      {
        plugin: 1,
        source: 'SYSTEM',
        level: 'ERROR',
        message: `Plugin failed to load (instance ID here). ${consequence}`,
      },
    ]);
  });
});
