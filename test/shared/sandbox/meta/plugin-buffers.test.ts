import { afterEach, describe, expect, it } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../../support/plugin-host.ts';

let host: TestHost;
afterEach(() => host.stop());

/** A plugin that adds each event's `n` to a buffer, and keeps in its cache what was flushed, one list for each flush. */
function adder(options: string, { add = 'buffer.add(event.properties.n);', rest = '' } = {}): string {
  return `const { createBuffer } = require('@posthog/plugin-contrib');
    const flushed = [];
    exports.setupPlugin = ({ global, cache }) => {
      const keep = async (objects, points) => { flushed.push([...objects, points]); await cache.set('flushed', flushed); };
      global.buffer = createBuffer({ ${options} });
    };
    exports.processEvent = async (event, { global, cache }) => { const { buffer } = global; ${add} return event; };
    ${rest}`;
}

const events = (...numbers: number[]) => numbers.map((n) => eventOf({ properties: { n } }));
const flushes = (plugin = 1) => JSON.parse(host.cache.get(`${plugin}:flushed`) ?? '[]') as unknown[];

async function start(...codes: string[]) {
  host = createTestHost();
  const loads = await host.use(...codes.map((code, index) => pluginOf(index + 1, code)));
  expect(loads.map(({ error }) => error)).toEqual(codes.map(() => undefined));
}

describe('createBuffer', () => {
  it('flushes when a batch ends, before it is acknowledged, with all objects and their points', async () => {
    await start(adder('limit: 100, onFlush: keep', { add: 'buffer.add(event.properties.n, 7);' }));

    await host.runEvents(events(1, 2, 3));

    expect(flushes()).toEqual([[1, 2, 3, 21]]);
  });

  it('flushes each batch on its own, and nothing when nothing was added', async () => {
    await start(
      adder('limit: 100, onFlush: keep', { add: 'if (event.properties.n > 0) buffer.add(event.properties.n);' }),
    );

    for (const n of [1, 0, 2]) await host.runEvents(events(n));

    expect(flushes()).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('flushes before an object that would go beyond the limit, of 10 points unless it says otherwise', async () => {
    await start(adder('onFlush: keep'), adder('limit: 2, onFlush: keep'));

    await host.runEvents(events(...Array.from({ length: 11 }, (_, n) => n)));

    expect(flushes(1)).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      [10, 1],
    ]);
    expect(flushes(2)).toHaveLength(6);
  });

  it('flushes at once an object that alone is beyond the limit', async () => {
    const add = 'buffer.add(event.properties.n, event.properties.n);';
    await start(adder('limit: 5, onFlush: keep', { add }));

    await host.runEvents(events(1, 9, 2));

    expect(flushes()).toEqual([
      [1, 1],
      [9, 9],
      [2, 2],
    ]);
  });

  it('flushes when it is told to, and the plugin can wait for it', async () => {
    const add = `buffer.add('x'); await buffer.flush(); await buffer.flush(); event.properties.flushes = flushed.length;`;
    await start(adder('onFlush: keep', { add }));

    const result = await host.runEvents(events(1));

    expect(eventsOf(result)[0]?.properties).toMatchObject({ flushes: 1 });
  });

  it('flushes after its time when a batch takes longer', async () => {
    const add = `buffer.add('x'); const end = Date.now() + 200; while (Date.now() < end) await cache.incr('waits'); event.properties.flushes = flushed.length;`;
    await start(adder('timeoutSeconds: 0.05, onFlush: keep', { add }));

    const result = await host.runEvents(events(1));

    expect(eventsOf(result)[0]?.properties).toMatchObject({ flushes: 1 });
  });

  it('gives onFlush a list of the plugin’s own kind', async () => {
    await start(
      adder('onFlush: async (objects) => { await keep([objects instanceof Array, Object.isFrozen(objects)], 0); }'),
    );

    await host.runEvents(events(1));

    expect(flushes()).toEqual([[true, false, 0]]);
  });

  it('flushes what setupPlugin and teardownPlugin add', async () => {
    const rest = `const setUp = exports.setupPlugin; exports.setupPlugin = (meta) => { setUp(meta); meta.global.buffer.add('set up'); };
      exports.teardownPlugin = ({ global }) => { global.buffer.add('torn down'); };`;
    await start(adder('onFlush: keep', { rest }));
    expect(flushes()).toEqual([['set up', 1]]);

    await host.use();

    expect(flushes()).toEqual([
      ['set up', 1],
      ['torn down', 1],
    ]);
  });

  it.each([
    ['throws', `() => { throw new Error('no network'); }`, 'no network'],
    ['rejects', `async () => { throw new Error('no network'); }`, 'no network'],
    ['never ends', `() => new Promise(() => {})`, 'Script execution timed out after promise waited for 1 second'],
  ])('records it as the plugin’s error when onFlush %s, and the batch goes on', async (_, onFlush, message) => {
    await start(adder(`onFlush: ${onFlush}`), adder('onFlush: keep'));

    const result = await host.runEvents(events(1, 2));

    expect(eventsOf(result)).toHaveLength(2);
    expect(result.errors).toEqual([
      { plugin: 1, count: 1, last: expect.objectContaining({ hook: 'onFlush', message }) },
    ]);
    expect(flushes(2)).toEqual([[1, 2, 2]]);
  });

  it('rejects flush() with what onFlush throws, and records nothing when the plugin caught it', async () => {
    const add = `buffer.add('x'); try { await buffer.flush(); } catch (error) { event.properties.caught = error.message; }`;
    await start(adder(`onFlush: async () => { throw new Error('mine'); }`, { add }));

    const result = await host.runEvents(events(1));

    expect(eventsOf(result)[0]?.properties).toMatchObject({ caught: 'mine' });
    expect(result.errors).toEqual([]);
  });

  it('goes round for what onFlush adds to another buffer', async () => {
    const onFlush = `onFlush: async (objects) => { const next = createBuffer({ onFlush: keep }); for (const one of objects) { await fetch('data:,x'); next.add(one * 10); } }`;
    await start(adder(onFlush));

    await host.runEvents(events(1, 2));

    expect(flushes()).toEqual([[10, 20, 2]]);
  });

  it('does not go round for ever when onFlush adds to its own buffer: the rest waits for the next batch, and is told', async () => {
    const onFlush = `onFlush: async (objects) => { await keep([], 0); for (const one of objects) global.buffer.add(one); }`;
    await start(adder(onFlush));

    const result = await host.runEvents(events(1));
    const flushesOfFirst = flushes().length;
    await host.runEvents(events(2));

    expect(flushesOfFirst).toBe(10);
    expect(result.errors).toEqual([
      {
        plugin: 1,
        count: 1,
        last: expect.objectContaining({
          hook: 'onFlush',
          message: expect.stringContaining('1 objects wait for the next batch'),
        }),
      },
    ]);
    expect(flushes().length).toBe(20);
  });

  it('names the plugin whose onFlush blocks the process', async () => {
    await start(adder('onFlush: () => { for (;;) {} }'), adder('onFlush: keep'));

    const result = await host.runEvents(events(1));

    expect(eventsOf(result)).toHaveLength(1);
    expect(result.verdicts).toEqual([
      { plugin: 1, error: expect.objectContaining({ hook: 'onFlush', name: 'TimeoutError' }) },
    ]);
    expect(flushes(2)).toEqual([[1, 1]]);
  });
});
