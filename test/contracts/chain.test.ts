import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, type TestRegistry, versionSaying } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

/** A registry in whose project 1 a plugin is configured four times: 1, 2, 3, 4. */
async function withChain() {
  const registry = await startTestRegistry(bucket);
  const { id: projectId } = await registry.projects.create({ name: 'Shop' });
  const { id: pluginId } = await registry.plugins.create(await versionSaying('one'));
  const place = { projectId, pluginId };
  for (let count = 0; count < 4; count++) await registry.configs.create(place);
  return { ...registry, place };
}

/** Ids in the order in which they run. */
async function chainOf({ reader }: Pick<TestRegistry, 'reader'>, projectId = 1): Promise<number[]> {
  const { pluginConfigs } = await reader.readAll();
  return pluginConfigs
    .filter(({ teamId }) => teamId === projectId)
    .toSorted((a, b) => a.order - b.order || a.id - b.id)
    .map(({ id }) => id);
}

describe('the chain of a project', () => {
  it.each<[string, Record<string, number>, number[]]>([
    ['all of it', { 1: 4, 2: 3, 3: 2, 4: 1 }, [4, 3, 2, 1]],
    ['one to the front', { 4: 0 }, [4, 1, 2, 3]],
    ['one to the place of another, which moves on', { 4: 2 }, [1, 4, 2, 3]],
    ['some, by numbers that only have an order', { 2: -5, 1: 1000.5 }, [2, 3, 4, 1]],
    ['nothing', {}, [1, 2, 3, 4]],
  ])('can be rearranged: %s', async (_, places, expected) => {
    await using registry = await withChain();

    await registry.configs.rearrange(1, places);

    expect(await chainOf(registry)).toEqual(expected);
    const shown = await registry.configs.list(1);
    expect(shown.map(({ id, order }) => [id, order])).toEqual(expected.map((id, index) => [id, index + 1]));
  });

  it('gets new ones at its end, before and after it was rearranged, and forgets those that are removed', async () => {
    await using registry = await withChain();
    await registry.configs.rearrange(1, { 1: 9 });

    const added = await registry.configs.create(registry.place);
    await registry.configs.remove(3);

    expect([added.id, added.order]).toEqual([5, 5]);
    expect(await chainOf(registry)).toEqual([2, 4, 1, 5]);
    await registry.configs.rearrange(1, { 5: 1 });
    expect(await chainOf(registry)).toEqual([5, 2, 4, 1]);
  });

  it('is no business of other projects', async () => {
    await using registry = await withChain();
    const { id: projectId } = await registry.projects.create({ name: 'Other' });
    const [a, b] = [
      await registry.configs.create({ ...registry.place, projectId }),
      await registry.configs.create({ ...registry.place, projectId }),
    ];

    await registry.configs.rearrange(projectId, { [b.id]: 0 });

    expect([await chainOf(registry), await chainOf(registry, projectId)]).toEqual([
      [1, 2, 3, 4],
      [b.id, a.id],
    ]);
    await expect(registry.configs.rearrange(1, { [a.id]: 1, 2: Number.NaN })).rejects.toMatchObject({
      code: 'invalid',
      fields: { [a.id]: 'is no plugin config of project 1; it has 1, 2, 3, 4', 2: 'must be a number; got null' },
    });
  });

  it('is heard of as one change, and makes no plugin config another one', async () => {
    await using registry = await withChain();
    const before = await registry.reader.readAll();

    await registry.configs.rearrange(1, { 1: 4, 2: 3, 3: 2, 4: 1 });

    const after = await registry.reader.readAll();
    expect(after.version - before.version).toBe(1);
    expect(after.pluginConfigs.map(({ revision }) => revision)).toEqual(
      before.pluginConfigs.map(({ revision }) => revision),
    );
  });

  it('is never seen half rearranged, however often it is read meanwhile', async () => {
    await using registry = await withChain();
    const seen = new Set<string>();
    const readers = new AbortController();
    const reading = (async () => {
      while (!readers.signal.aborted) seen.add((await chainOf(registry)).join());
    })();

    for (let round = 0; round < 10; round++) {
      await registry.configs.rearrange(1, { 1: 4, 2: 3, 3: 2, 4: 1 });
      await registry.configs.rearrange(1, { 1: 1, 2: 2, 3: 3, 4: 4 });
    }
    readers.abort();
    await reading;

    expect([...seen].filter((chain) => chain !== '1,2,3,4' && chain !== '4,3,2,1')).toEqual([]);
    expect(seen.size).toBe(2);
  });

  it('is rearranged by one of two that saw the same; the other is told', async () => {
    await using registry = await withChain();
    const { configs } = registry;

    for (const first of [0, 1]) {
      const seen = { revision: await configs.readOrderRevision(1) };
      const outcomes = await Promise.allSettled([
        configs.rearrange(1, { [1 + first]: 9 }, seen),
        configs.rearrange(1, { [3 + first]: 9 }, seen),
      ]);

      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(refused.reason).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('order of project 1'),
      });
    }
    await expect(configs.rearrange(1, { 1: 1 }, { revision: 5 })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is rearranged by both when they do not say what they saw, one after the other', async () => {
    await using registry = await withChain();

    await Promise.all([registry.configs.rearrange(1, { 1: 9 }), registry.configs.rearrange(1, { 4: 0 })]);

    expect(await chainOf(registry)).toEqual([4, 2, 3, 1]);
  });
});
