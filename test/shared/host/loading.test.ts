import { afterEach, describe, expect, it } from 'vitest';
import type { LoadResult } from '../../../shared/sandbox/protocol.ts';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
afterEach(() => host.stop());

const good = `exports.processEvent = (event) => { event.properties.good = true; return event; };`;
const loops = `exports.setupPlugin = () => { for (;;) {} };`;

describe('loading plugins', () => {
  it('ends at the deadline, and what was found out by then is known, so that the next attempt gets further', async () => {
    host = createTestHost();
    const heard: LoadResult[] = [];
    const ids = [1, 2, 3, 4, 5];
    const plugins = ids.map((id) => pluginOf(id, loops));
    const installation = { plugins, chains: [], onLoad: async (result: LoadResult) => void heard.push(result) };

    await expect(host.install(installation, performance.now() + 6000)).rejects.toThrow('in time');
    const first = heard.length;
    await host.install(installation, performance.now() + 40_000);

    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(ids.length);
    expect(heard.map(({ id, error }) => [id, error?.name])).toEqual(ids.map((id) => [id, 'TimeoutError']));
  });

  it('is not blamed on anybody when the process itself takes long to start', async () => {
    host = createTestHost({}, undefined, 'test/support/slow-child.ts');

    const [loaded] = await host.use(pluginOf(1, good));

    expect(loaded?.error).toBeUndefined();
    expect(host.loads).toHaveLength(1);
  });

  it('that fails in a new child, after another plugin has ended the old one, is told', async () => {
    host = createTestHost();
    // The test's cache outlives the child, so the second setup can tell that it is the second.
    const failsLater = `exports.setupPlugin = async ({ cache }) => {
        const setups = (await cache.get('setups', 0)) + 1;
        await cache.set('setups', setups);
        if (setups > 1) throw new RetryError('not now');
      };
      exports.processEvent = (event) => { event.properties.seen = true; return event; };`;
    await host.use(
      pluginOf(1, failsLater),
      pluginOf(2, `exports.processEvent = (event) => { if (event.event === 'harm') for (;;) {} return event; };`),
      pluginOf(3, good),
    );

    const result = await host.runEvents([eventOf({ event: 'harm' }), eventOf()]);

    expect(eventsOf(result).every(({ properties }) => properties?.['good'] === true)).toBe(true);
    expect(host.loads.filter(({ id }) => id === 1).map(({ error }) => error?.message)).toEqual([undefined, 'not now']);
  });
});

describe('a batch that ends every child without anybody to name', () => {
  it('runs message by message, and only the message that does it comes again', async () => {
    host = createTestHost({ hookTimeoutSeconds: 1 });
    // Blocks where no call is announced: while the finished event is written.
    const blocks = `exports.processEvent = (event) => {
      if (event.event === 'harm') Buffer.constructor('return globalThis')().process.getBuiltinModule('timers').setImmediate(() => { for (;;) {} });
      return event;
    };`;
    await host.use(pluginOf(1, good), pluginOf(2, blocks));
    const records = ['a', 'harm', 'b'].map((event) => ({ messageId: event, body: JSON.stringify(eventOf({ event })) }));

    const result = await host.run(records, performance.now() + 60_000);

    const names = eventsOf(result).map(({ event }) => event);
    expect(names).toContain('a');
    expect(names).toContain('b');
    expect(result.accounts.map(({ unfinished = false }) => unfinished).filter(Boolean).length).toBeLessThanOrEqual(1);
  });
});

describe('a child that talks nonsense', () => {
  it.each([
    ['a call of nothing', 67, 'null'],
    ['a call of an unknown service', 67, '{"id":1,"service":"root"}'],
    ['an answer that is no JSON', 67, '{'],
    ['a frame of four gigabytes', null, ''],
  ])('costs nothing but a new child: %s', async (_, type, json) => {
    host = createTestHost();
    const bytes =
      type === null
        ? '[255,255,255,255,67]'
        : `[...u32(${json.length}), ${type}, ...Buffer.from(${JSON.stringify(json)})]`;
    const forges = `let done = false; exports.processEvent = (event) => {
      const outer = Buffer.constructor('return globalThis')();
      const u32 = (n) => [n & 255, (n >> 8) & 255, 0, 0];
      if (event.event === 'harm' && !done) { done = true; outer.process.getBuiltinModule('fs').writeSync(3, Uint8Array.from(${bytes})); }
      return event;
    };`;
    await host.use(pluginOf(1, good), pluginOf(2, forges));

    const outcome = await host
      .runEvents([eventOf({ event: 'harm' }), eventOf()])
      .catch((error: unknown) => error as Error);
    const next = await host.runEvents([eventOf()]);

    if (!(outcome instanceof Error)) expect(eventsOf(outcome)).toHaveLength(2);
    expect(eventsOf(next)).toHaveLength(1);
  });

  it('cannot acknowledge events in the name of a plugin it does not have', async () => {
    host = createTestHost();
    const forged = JSON.stringify({
      accounts: [{ events: 1, ingested: 0, dropped: { 77: 1 }, failed: {}, deadLetters: 0 }],
      deadLetters: [],
      errors: [],
      logs: [],
      logsDropped: 0,
      cpuMicroseconds: 0,
    });
    const forges = `exports.processEvent = (event) => {
      const outer = Buffer.constructor('return globalThis')();
      const body = Buffer.from(${JSON.stringify(forged)});
      const head = Buffer.from([body.length & 255, body.length >> 8, 0, 0, 66]);
      outer.process.getBuiltinModule('fs').writeSync(3, Buffer.concat([head, body]));
      return event;
    };`;
    await host.use(pluginOf(1, forges));

    await expect(host.runEvents([eventOf()])).rejects.toThrow('77');
  });
});
