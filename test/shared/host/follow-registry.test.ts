import { describe, expect, it } from 'vitest';
import type { Installation } from '../../../shared/host/child-keeper.ts';
import { followRegistry } from '../../../shared/host/follow-registry.ts';
import { nextSetupAttempt, type SetupAttempts } from '../../../shared/host/setup-attempts.ts';
import type { PluginConfig } from '../../../shared/plugins/plugin-config.ts';
import type { HookError } from '../../../shared/sandbox/protocol.ts';

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
    missingCode: new Set<string>(),
    hostFailure: null as Error | null,
  };
  const installations: Installation[] = [];
  /** Ids of the plugin configs that each installation set up, as the host tells them: by identity of the object. */
  const setUps: number[][] = [];
  const calls: unknown[][] = [];
  const reads = { all: 0, code: [] as string[] };
  let before: Installation['plugins'] = [];
  const follower = followRegistry({
    registry: {
      async readVersion() {
        if (world.outage !== null) throw world.outage;
        return world.version;
      },
      async readAll() {
        reads.all++;
        return { version: world.version, projects: [{ id: 1, name: 'One' }], pluginConfigs: world.pluginConfigs };
      },
      async readCode(codeHash) {
        reads.code.push(codeHash);
        if (world.missingCode.has(codeHash)) throw new Error(`Cannot read code/${codeHash}.js`);
        return `code of ${codeHash}`;
      },
      recordError: async (id, error) => void calls.push(['recordError', id, error.message]),
      clearError: async (id) => void calls.push(['clearError', id]),
      disable: async (id, revision, error) => void calls.push(['disable', id, revision, error.message]),
    },
    host: {
      async install(installation) {
        if (world.hostFailure !== null) throw world.hostFailure;
        installations.push(installation);
        const fresh = installation.plugins.filter((plugin) => !before.includes(plugin));
        before = installation.plugins;
        setUps.push(fresh.map(({ id }) => id));
        for (const { id } of fresh) {
          const error = world.errors.get(id);
          await installation.onLoad({ id, ...(error === undefined ? {} : { error }) });
        }
      },
    },
    now: () => world.now,
    warn: () => {},
  });
  const change = (...changed: PluginConfig[]) => {
    world.version++;
    world.pluginConfigs = changed;
  };
  return { world, follower, installations, setUps, calls, reads, change };
}

/** On the host's clock, which a fake host does not read. */
const DEADLINE = 60_000;

describe('following the registry', () => {
  it('leaves out a plugin whose code cannot be read, tries it again later, and runs the others', async () => {
    const { world, follower, installations, calls } = harness(configOf(1), configOf(2));
    world.missingCode.add('hash-1');

    await follower.refresh(DEADLINE);
    world.missingCode.clear();
    world.now += 3000;
    await follower.refresh(DEADLINE);

    expect(installations.map(({ plugins }) => plugins.map(({ id }) => id))).toEqual([[2], [1, 2]]);
    expect(calls).toEqual([
      ['recordError', 1, 'Cannot read code/hash-1.js'],
      ['clearError', 1],
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
    expect(reads).toEqual({ all: 1, code: ['hash-1'] });
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
      ['clearError', 1],
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

describe('the plan of attempts', () => {
  it('is ten attempts within 25.5 minutes', () => {
    const waits: number[] = [];
    let attempts: SetupAttempts | undefined;
    for (;;) {
      const next = nextSetupAttempt(attempts, 1000);
      if (next === null) break;
      waits.push(next.nextAt - 1000);
      attempts = next;
    }

    expect(attempts?.made).toBe(9);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(25.55 * 60_000);
  });
});
