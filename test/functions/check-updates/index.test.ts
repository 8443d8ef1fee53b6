import { expect, test } from 'vitest';
import { createCheckUpdates } from '../../../functions/check-updates/index.ts';
import type { InstalledPlugin } from '../../../shared/registry/plugin-version.ts';
import type { UpdateCheck } from '../../../shared/sources/check-for-updates.ts';

const pluginOf = (id: number, more: Partial<InstalledPlugin> = {}) =>
  ({
    id,
    name: `P${id}`,
    marker: '1',
    source: { kind: 'npm', url: `npm:p${id}` },
    latest: null,
    ...more,
  }) as InstalledPlugin;
const checkedAt = (time: string) => ({ latest: { marker: '1', checkedAt: time } });
const found = (isNewer: boolean) => ({ isNewer, latest: { marker: '2' } }) as UpdateCheck;

/** Runs the function over these plugins; gives who was asked, and what it told. */
async function run(
  plugins: InstalledPlugin[],
  check: (plugin: InstalledPlugin) => Promise<UpdateCheck | null> = async () => found(false),
  timeLeft: () => number = () => 900_000,
) {
  const asked: number[] = [];
  const told: [string, unknown][] = [];
  const tell = (message: string, details: unknown) => void told.push([message, details]);
  const checkUpdates = createCheckUpdates({
    listPlugins: async () => plugins,
    check(plugin) {
      asked.push(plugin.id);
      return check(plugin);
    },
    log: tell,
    warn: tell,
  });
  await checkUpdates({}, { getRemainingTimeInMillis: timeLeft });
  return { asked, told };
}

test('whoever was not asked for the longest time is asked first, what was uploaded not at all', async () => {
  const { asked, told } = await run([
    pluginOf(1, checkedAt('2026-03-02T00:00:00.000Z')),
    pluginOf(2, checkedAt('2026-03-01T00:00:00.000Z')),
    pluginOf(3),
    pluginOf(4, { source: { kind: 'upload', url: null } }),
  ]);

  expect(asked).toEqual([3, 2, 1]);
  expect(told).toEqual([
    ['Looked for newer versions of 3 plugins: 0 have one', { asked: 3, newer: 0, failed: 0, left: 0 }],
  ]);
});

test('a newer version is told with its plugin, and so is a source that fails, which stops no other', async () => {
  const { asked, told } = await run(
    [1, 2, 3].map((id) => pluginOf(id)),
    async ({ id }) => {
      if (id === 1) throw new Error('it is away');
      return found(id === 2);
    },
  );

  expect(asked).toEqual([1, 2, 3]);
  expect(told).toContainEqual(['The source of P1 could not be asked: it is away', { plugin: 1 }]);
  expect(told).toContainEqual(['There is a newer version of P2', { plugin: 2, installed: '1', latest: '2' }]);
  expect(told.at(-1)).toEqual([
    'Looked for newer versions of 3 plugins: 1 have one',
    { asked: 3, newer: 1, failed: 1, left: 0 },
  ]);
});

test('what there is no time for is left for the next day', async () => {
  let left = 93_000;
  const { asked, told } = await run(
    Array.from({ length: 10 }, (_, index) => pluginOf(index + 1)),
    undefined,
    () => (left -= 1_000),
  );

  expect(asked).toEqual([1, 2, 3]);
  expect(told.at(-1)?.[1]).toEqual({ asked: 3, newer: 0, failed: 0, left: 7 });
});

test('a registry that is away fails the run, which EventBridge repeats', async () => {
  const checkUpdates = createCheckUpdates({
    listPlugins: () => Promise.reject(new Error('throttled')),
    check: async () => null,
    log: () => {},
    warn: () => {},
  });

  await expect(checkUpdates({}, { getRemainingTimeInMillis: () => 900_000 })).rejects.toThrow('throttled');
});
