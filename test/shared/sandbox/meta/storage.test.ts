import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

const LONG = 'x'.repeat(200);

test.each([
  ['storage.get reads what was set', `await storage.set('k', { a: [1] }); return storage.get('k')`, { a: [1] }],
  ['storage.get sees a set that was not awaited', `storage.set('k', 1); return storage.get('k')`, 1],
  ['storage.get gives the default on a miss', `return storage.get('k', 'none')`, 'none'],
  ['storage.get gives undefined on a miss without a default', `return typeof (await storage.get('k'))`, 'undefined'],
  [
    'storage.get gives null that was stored, not the default',
    `await storage.set('k', null); return storage.get('k', 1)`,
    null,
  ],
  [
    'storage.set of undefined deletes',
    `await storage.set('k', 1); await storage.set('k', undefined); return storage.get('k', 'gone')`,
    'gone',
  ],
  ['storage.del deletes', `await storage.set('k', 1); await storage.del('k'); return storage.get('k', 'gone')`, 'gone'],
  ['storage takes a number as key', `await storage.set(7, 1); return storage.get('7')`, 1],
  ['storage takes a key of 200 characters', `await storage.set('${LONG}', 1); return storage.get('${LONG}')`, 1],
  [
    'storage refuses a longer key',
    `return storage.set('${LONG}y', 1)`,
    `Error: A storage key may have 200 characters; got 201: "${'x'.repeat(50)}"…`,
  ],
  [
    'utils.cursor.increment counts from nothing',
    `return [await utils.cursor.increment('c'), await utils.cursor.increment('c')]`,
    [1, 2],
  ],
  [
    'utils.cursor.increment adds what it is given, to nothing as well',
    `return [await utils.cursor.increment('c', 5), await utils.cursor.increment('c', -2)]`,
    [5, 3],
  ],
  ['utils.cursor.increment takes 0 for 1', `return utils.cursor.increment('c', 0)`, 1],
  [
    'utils.cursor.increment refuses what is no number',
    `return utils.cursor.increment('c', '5')`,
    'Error: The incrementBy value must be a number!',
  ],
  [
    'utils.cursor.init sets where there is nothing',
    `await utils.cursor.init('c', 5); await utils.cursor.init('c', 9); return utils.cursor.increment('c')`,
    6,
  ],
  ['utils.cursor.init begins at 0', `await utils.cursor.init('c'); return storage.get('c')`, 0],
  [
    'utils.cursor.init refuses what is no number',
    `return utils.cursor.init('c', '5')`,
    "Error: The cursor's initial value must be a number!",
  ],
  [
    'utils.cursor shares its keys with storage',
    `storage.set('c', 40); utils.cursor.increment('c', 2); return storage.get('c')`,
    42,
  ],
  [
    'utils.cursor shares out what is incremented together',
    `return Promise.all([1, 2, 3].map((by) => utils.cursor.increment('c', by)))`,
    [1, 3, 6],
  ],
  [
    'utils.cursor refuses to count what is no number',
    `await storage.set('c', 'text'); return utils.cursor.increment('c')`,
    'Error: The cursor holds no number: "text"',
  ],
])('%s', async (_, body, expected) => {
  const { result } = await run(body);

  expect(result).toEqual(expected);
});

test('storage outlives the batch, and is stored with one write for all of it', async () => {
  const from = host.memory.calls.length;

  const { plugin } = await run(`storage.set('a', 1); storage.set('a', 2); storage.set('b', 3)`, { events: 5 });

  expect(host.memory.calls.slice(from)).toEqual([{ service: 'storage.write', count: 2 }]);
  expect([host.memory.stored.get(`${plugin}:a`), host.memory.stored.get(`${plugin}:b`)]).toEqual(['2', '3']);
});

test('every plugin config has a storage of its own', async () => {
  await run(`await storage.set('k', 1)`);

  const { result } = await run(`return storage.get('k', 'nothing')`);

  expect(result).toBe('nothing');
});

test('storage that the parent does not have fails in the plugin and costs no batch', async () => {
  const without = createPluginCalls({}, ({ cache, warn }) => ({ cache, warn }));

  const { result, batch } = await without.run(`
    const fails = (promise) => promise.then(() => 'done', (error) => error.message);
    return Promise.all([fails(storage.get('k')), fails(storage.set('k', 1)), fails(storage.del('k')), fails(utils.cursor.init('k'))]);`);

  await without.host.stop();
  expect(result).toEqual([
    'Not available here: meta.storage. This function has no "storage.read" service.',
    'Not available here: meta.storage. This function has no "storage.write" service.',
    'Not available here: meta.storage. This function has no "storage.write" service.',
    'Not available here: meta.utils.cursor. This function has no "storage.run" service.',
  ]);
  expect(batch.failure).toBeUndefined();
});
