import { afterEach, describe, expect, it } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
afterEach(() => host.stop());

const innocent = (id: number) => pluginOf(id, `exports.processEvent = (event) => event;`);

/** Runs four events, one of them bad, through a plugin with this code and two that do nothing. */
async function run(onBad: string) {
  host = createTestHost();
  await host.use(
    pluginOf(1, `exports.processEvent = (event) => { if (event.event === 'bad') { ${onBad} } return event; };`),
    innocent(2),
    innocent(3),
  );
  return host.runEvents(['ok', 'bad', 'ok', 'bad'].map((event) => eventOf({ event })));
}

describe('what a plugin leaves behind', () => {
  it.each([
    ['microtasks that go round in circles', `(async () => { for (;;) await null; })();`],
    ['a value that loops when it is written', `event.properties.x = { toJSON() { for (;;); } };`],
  ])('is blamed on it alone: %s', async (_, onBad) => {
    const { verdicts, errors, accounts } = await run(onBad);

    expect(verdicts.map(({ plugin }) => plugin)).toEqual([1]);
    expect(errors.map(({ plugin }) => plugin)).toEqual([1]);
    expect(accounts).toMatchObject([{ events: 4, ingested: 4 }]);
  });

  it('does not end the host when it is a rejection that bites', async () => {
    const { accounts, verdicts, logs } = await run(`Promise.reject({ get stack() { throw this; } });`);

    expect(accounts).toMatchObject([{ events: 4, ingested: 4, failed: {} }]);
    expect(verdicts).toEqual([]);
    expect(logs.map(({ message }) => message)).toContain('Unhandled Error: [object Object]');
  });
});

describe('a failure on an event that bites', () => {
  it('is recorded, and the event goes on', async () => {
    host = createTestHost();
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = async (event) => { event.event = event.properties.name; throw new Error('mine'); };`,
      ),
    );

    const result = await host.runEvents([eventOf({ properties: { name: { toString: 1 } } })]);

    expect(result.accounts).toMatchObject([{ ingested: 1, failed: { 1: 1 } }]);
    expect(result.errors[0]?.last).toMatchObject({ message: 'mine', event: { event: '' } });
  });
});

describe('the cache', () => {
  it('has what an un-awaited chain of reads and writes stored when the batch is done', async () => {
    host = createTestHost();
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = (event, { cache }) => {
          (async () => { const n = await cache.get('n', 0); await cache.get('other'); await cache.set('n', n + 1); })();
          return event;
        };`,
      ),
    );

    await host.runEvents([eventOf()]);
    const first = host.cache.get('1:n');
    await host.runEvents([eventOf()]);

    expect([first, host.cache.get('1:n')]).toEqual(['1', '2']);
  });

  it('refuses values that cannot be stored, and more of them than a batch may hold', async () => {
    host = createTestHost();
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = async (event, { cache }) => {
          if (event.event === 'large') await cache.set('large', 'ä'.repeat(5_000_000));
          for (let n = 0; n < 3; n++) await cache.set('k' + n, 'x'.repeat(9_000_000));
          return event;
        };`,
      ),
    );

    const large = await host.runEvents([eventOf({ event: 'large' })]);
    const many = await host.runEvents([eventOf({ event: 'many' })]);

    expect(large.errors[0]?.last.message).toBe(
      'cache.set: the value has 10000002 bytes as text; at most 10000000 can be stored',
    );
    expect(many.errors[0]?.last.message).toContain('at most 20000000 are held');
  });
});

describe('a message of many events', () => {
  it('shows signs of life while its events are run', async () => {
    host = createTestHost();
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = () => { const end = Date.now() + 5; while (Date.now() < end); return null; };`,
      ),
    );
    const before = host.processId();

    // Two seconds of work, of which each event takes 5 ms; silence is noticed after 1.2 seconds.
    const { accounts } = await host.runEvents(Array.from({ length: 400 }, () => eventOf()));

    expect(host.processId()).toBe(before);
    expect(accounts).toMatchObject([{ events: 400, dropped: { 1: 400 } }]);
  });
});

describe('a batch with a plugin that never answers', () => {
  it('waits for few of its calls, and ingests all events', async () => {
    host = createTestHost();
    await host.use(pluginOf(1, `exports.processEvent = () => new Promise(() => {});`));
    const begin = performance.now();

    const result = await host.runEvents(Array.from({ length: 100 }, () => eventOf()));

    // Ten wait at a time: without a suspension, ten rounds of a second each.
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(eventsOf(result)).toHaveLength(100);
    expect(result.accounts).toMatchObject([{ failed: { 1: 100 } }]);
    expect(result.errors[0]?.last.message).toContain('suspended for the rest of this batch');
  });
});
