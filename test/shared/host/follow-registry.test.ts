import { describe, expect, it } from 'vitest';
import { configOf, DEADLINE, ERROR, harness, RETRY } from '../../support/followed-registry.ts';

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
    expect(reads).toEqual({ all: 1, code: ['hash-1'], attachments: [], secrets: [] });
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
