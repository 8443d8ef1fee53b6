import { afterEach, describe, expect, it } from 'vitest';
import type { HostSettings } from '../../../shared/host/host-settings.ts';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
afterEach(() => host.stop());

const marks = (name: string) =>
  `exports.processEvent = async (event) => { event.properties.${name} = true; return event; };`;

/** Does harm on events named `harm` only. */
const harmful = (harm: string) =>
  `exports.processEvent = async (event) => { if (event.event === 'harm') { ${harm} } event.properties.passed = true; return event; };`;

/** A batch of several messages, with the harmful plugin between two good ones. */
async function runBeside(harm: string, harmfulEvents = 1, settings: Partial<HostSettings> = {}) {
  host = createTestHost(settings);
  await host.use(pluginOf(1, marks('first')), pluginOf(2, harmful(harm)), pluginOf(3, marks('last')));
  const bodies = [
    JSON.stringify({
      v: 1,
      events: [
        eventOf({ event: 'a' }),
        ...Array.from({ length: harmfulEvents }, () => eventOf({ event: 'harm' })),
        eventOf({ event: 'b' }),
      ],
    }),
    'no event',
    JSON.stringify(eventOf({ event: 'c' })),
  ];
  const result = await host.run(
    bodies.map((body, index) => ({ messageId: `message-${index}`, body })),
    performance.now() + 60_000,
  );
  return { result, events: eventsOf(result) };
}

const harms: [title: string, harm: string, error: string][] = [
  ['loops for ever', 'while (true) {}', 'TimeoutError'],
  ['loops for ever after an await', 'await null; while (true) {}', 'TimeoutError'],
  ['fills the heap', 'const kept = []; for (;;) kept.push(new Array(1e5).fill(Math.random()));', 'OutOfMemoryError'],
  [
    'fills memory outside of the heap',
    'const kept = []; for (;;) kept.push(Buffer.alloc(1e7, 1));',
    'OutOfMemoryError',
  ],
  ['calls process.exit after an escape', `Buffer.constructor('return process')().exit(1);`, 'Error'],
  [
    'crashes the process after an escape',
    `const outer = Buffer.constructor('return globalThis')(); outer.process.emit = undefined; outer.process._fatalException = undefined; outer.process.getBuiltinModule('timers').setImmediate(() => { throw 1; }); while (true) {}`,
    'TimeoutError',
  ],
];

describe('a plugin that does harm', () => {
  it.each(harms)('costs itself one event when it %s', async (_, harm, error) => {
    const { result, events } = await runBeside(harm);

    expect(events.map(({ event }) => event)).toEqual(['a', 'harm', 'b', 'c']);
    expect(events.map(({ properties }) => properties?.['$plugins_failed'])).toEqual([[], ['Plugin 2 (2)'], [], []]);
    expect(events.every(({ properties }) => properties?.['first'] === true && properties['last'] === true)).toBe(true);
    expect(result.accounts.map(({ events: count, ingested, deadLetters }) => [count, ingested, deadLetters])).toEqual([
      [3, 3, 0],
      [1, 0, 1],
      [1, 1, 0],
    ]);
    expect(result.errors).toMatchObject([
      { plugin: 2, last: { name: error, hook: 'processEvent', event: { event: 'harm' } } },
    ]);
    expect(result.verdicts).toEqual([]);
  });

  it('is passed by for the rest of the batch, and is to be disabled, after as many strikes as are allowed', async () => {
    const { result, events } = await runBeside('while (true) {}', 4, { strikes: 2 });

    expect(events).toHaveLength(7);
    expect(events.every(({ properties }) => properties?.['last'] === true)).toBe(true);
    expect(result.accounts[0]?.failed).toEqual({ 2: 6 });
    expect(result.verdicts).toMatchObject([{ plugin: 2, error: { name: 'TimeoutError', hook: 'processEvent' } }]);
  });

  it('leaves a host behind that runs the next batch as usual', async () => {
    await runBeside('while (true) {}');

    const [event] = eventsOf(await host.runEvents([eventOf()]));

    expect(event?.properties).toMatchObject({ $plugins_succeeded: ['Plugin 1 (1)', 'Plugin 2 (2)', 'Plugin 3 (3)'] });
  });

  it('gives up the batch, all of it, when the time for it is over', async () => {
    host = createTestHost({ hookTimeoutSeconds: 30 });
    await host.use(pluginOf(1, harmful('while (true) {}')));

    const running = host.run(
      [{ messageId: 'm', body: JSON.stringify(eventOf({ event: 'harm' })) }],
      performance.now() + 500,
    );

    await expect(running).rejects.toThrow();
    expect(eventsOf(await host.runEvents([eventOf()]))).toHaveLength(1);
  });
});

describe('the plugin host', () => {
  it('runs a batch again when its child is killed from outside, and blames nobody', async () => {
    host = createTestHost({ hookTimeoutSeconds: 5 });
    await host.use(
      pluginOf(
        1,
        `exports.processEvent = (event) => { const until = Date.now() + 20; while (Date.now() < until); return event; };`,
      ),
    );
    setTimeout(() => process.kill(host.processId() as number, 'SIGKILL'), 100);

    const result = await host.runEvents(Array.from({ length: 20 }, () => eventOf()));

    expect(eventsOf(result)).toHaveLength(20);
    expect(result.errors).toEqual([]);
    expect(result.verdicts).toEqual([]);
  });

  it('acknowledges nothing when state could not be stored', async () => {
    host = createTestHost();
    host.cache.set = () => {
      throw new Error('the table is gone');
    };
    await host.use(pluginOf(1, `exports.processEvent = (event, { cache }) => { cache.set('a', 1); return event; };`));

    await expect(host.runEvents([eventOf()])).rejects.toThrow('the table is gone');
  });

  it('keeps a plugin’s own promise without a handler from ending the process', async () => {
    host = createTestHost();
    await host.use(
      pluginOf(1, `exports.processEvent = (event) => { Promise.reject(new Error('nobody listens')); return event; };`),
    );

    const first = await host.runEvents([eventOf()]);
    const second = await host.runEvents([eventOf()]);

    expect(eventsOf(second)).toHaveLength(1);
    expect([...first.errors, ...second.errors]).toMatchObject([
      { plugin: 1, last: { message: 'nobody listens', hook: 'unhandled' } },
      { plugin: 1 },
    ]);
  });
});
