import { afterEach, describe, expect, it } from 'vitest';
import { createPluginCalls, type PluginCalls } from '../../support/plugin-calls.ts';
import { pluginOf } from '../../support/plugin-host.ts';

let calls: PluginCalls;
afterEach(() => calls.host.stop());

/** A host whose table is away for a while: for the first so many calls, each after so many milliseconds. */
function away(times: number, milliseconds = 0): PluginCalls {
  let left = times;
  const unless =
    <Parameters extends unknown[], Result>(call: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      if (left-- <= 0) return call(...parameters);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      throw new Error('The table is away');
    };
  return createPluginCalls({ hookTimeoutSeconds: 1 }, (memory) => ({
    ...memory,
    cache: { ...memory.cache, readMany: unless(memory.cache.readMany) },
    cacheCommands: { run: unless(memory.cacheCommands.run) },
    storage: { ...memory.storage, readMany: unless(memory.storage.readMany), run: unless(memory.storage.run) },
  }));
}

describe('while the table is away', () => {
  it.each([
    ['counts', `await cache.incr('k')`],
    ['counts and does not wait for it', `cache.incr('k')`],
    ['counts and makes nothing of the error', `await cache.incr('k').catch(() => {})`],
    ['pushes to a list', `await cache.lpush('k', 'a')`],
    ['reads the cache', `await cache.get('k')`],
    ['reads storage', `await storage.get('k')`],
    ['moves a cursor', `await utils.cursor.increment('k')`],
  ])('a batch with a plugin that %s is not acknowledged', async (_, body) => {
    calls = away(1);

    await expect(calls.run(body)).rejects.toThrow('The table is away');
  });

  it('a batch waits for state that its plugin has given up to wait for, and is not acknowledged without it', async () => {
    calls = away(1, 2500);

    await expect(calls.run(`await cache.incr('k')`)).rejects.toThrow('The table is away');
  });

  it('a batch whose plugin reads again, and gets what it wants, is acknowledged', async () => {
    calls = away(1);

    const { result, batch } = await calls.run(`await cache.get('k').catch(() => {}); return cache.get('k', 'none')`);

    expect(result).toBe('none');
    expect(batch.errors).toEqual([]);
  });

  it('a plugin that needs it in setupPlugin is not told apart as broken: it is set up with the next batch', async () => {
    calls = away(1);
    const plugin = pluginOf(1, `exports.setupPlugin = async ({ cache }) => { await cache.get('k'); };`);

    await expect(calls.host.use(plugin)).rejects.toThrow('The table is away');

    expect(await calls.host.use(plugin)).toMatchObject([{ id: 1 }]);
    expect((await calls.host.use(plugin))[0]?.error).toBeUndefined();
  });

  it('the batch after one that was not acknowledged is', async () => {
    calls = away(1);
    await calls.run(`await cache.incr('k')`).catch(() => {});

    const { result } = await calls.run(`return cache.incr('k')`);

    expect(result).toBe(1);
  });
});
