import { describe, expect, it } from 'vitest';
import { bench, EVENT, pluginFolder, START, said } from '../../support/bench.ts';

const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown;

describe('an event step', () => {
  it('gives the event as it goes on to ingestion, with what the chain wrote onto it', async () => {
    const code = `export function processEvent(event, { config }) {
      event.properties.seen = config.word;
      event.properties.bytes = Buffer.from('ab');
      return event;
    }
    export function onEvent(event) { event.properties.late = true; event.event = 'changed'; }`;

    const { steps, errors, isGood } = await bench(code, { config: { word: 'yes' }, steps: [{ event: EVENT }] });

    expect(steps).toEqual([
      {
        output: {
          ...EVENT,
          properties: {
            seen: 'yes',
            bytes: { type: 'Buffer', data: [97, 98] },
            $plugins_succeeded: ['Test plugin (39)'],
            $plugins_failed: [],
            $plugins_deferred: ['Test plugin (39)'],
          },
        },
      },
    ]);
    expect(errors).toEqual([]);
    expect(isGood).toBe(true);
  });

  it('hands events to the plugin as written, with team_id, uuid and now where they are missing', async () => {
    const code = `export function processEvent(event) { console.log(JSON.stringify(event)); return null; }`;
    const odd = { team_id: 7, uuid: 'not one', now: 'then', $set: { a: 1 }, $set_once: { b: 2 }, extra: [null] };

    const report = await bench(code, {
      project: { id: 5 },
      steps: [{ event: { event: 'bare' } }, { event: odd }],
    });

    const [bare, kept] = said(report).map((message) => JSON.parse(message) as object);
    expect(bare).toEqual({ event: 'bare', team_id: 5, uuid: UUID, now: START });
    expect(kept).toEqual(odd);
    expect(report.steps).toEqual([{ output: null }, { output: null }]);
  });

  it('gives a list for events, which run one after the other, each seeing what the one before has kept', async () => {
    const code = `export async function processEvent(event, { storage }) {
      const count = await storage.get('count', 0);
      await fetch('https://slow.io/');
      storage.set('count', count + 1);
      event.properties = { count };
      return count === 1 ? undefined : event;
    }`;
    const { steps, storage } = await bench(code, {
      fetch: [{ url: 'https://slow.io/' }],
      steps: [{ events: [EVENT, EVENT, EVENT] }],
    });

    expect(steps[0]?.output).toMatchObject([{ properties: { count: 0 } }, null, { properties: { count: 2 } }]);
    expect(storage).toEqual({ count: 3 });
  });

  it('gives the event as it was returned last when a plugin throws, lists every error, and fails', async () => {
    const code = `export function processEvent(event) { event.properties.touched = true; throw new RangeError(event.event); }
      export function onEvent(event) { throw 'text of ' + event.event; }`;

    const { steps, errors, isGood, logs } = await bench(code, {
      steps: [
        {
          events: [
            { ...EVENT, event: 'a' },
            { ...EVENT, event: 'b' },
          ],
        },
      ],
    });

    expect(steps[0]).toMatchObject({ output: [{ event: 'a', properties: { touched: true } }, { event: 'b' }] });
    expect(steps[0]?.error).toBeUndefined();
    expect(errors).toEqual([
      { hook: 'processEvent', name: 'RangeError', message: 'a' },
      { hook: 'processEvent', name: 'RangeError', message: 'b' },
      { hook: 'onEvent', name: 'Error', message: 'text of a' },
      { hook: 'onEvent', name: 'Error', message: 'text of b' },
    ]);
    expect(logs[1]).toEqual({ source: 'PLUGIN', type: 'ERROR', message: 'RangeError: a' });
    expect(isGood).toBe(false);
  });

  it('lists what is thrown that is no error by its text, and errors without a message', async () => {
    const code = `const thrown = [{ code: 1 }, null, new TypeError(), [1, 2], 'text'];
      export const jobs = Object.fromEntries(thrown.map((value, index) => [index, () => { throw value; }]));`;

    const { errors, steps } = await bench(code, { steps: [0, 1, 2, 3, 4].map((job) => ({ job: String(job) })) });

    const texts = ['[object Object]', 'null', '', '1,2', 'text'];
    expect(errors.map(({ message }) => message)).toEqual(texts);
    expect(steps.map(({ error }) => error)).toEqual(texts.map((text) => (text === '' ? 'TypeError' : text)));
  });

  it('runs a plugin that has only processEventBatch event by event, and lists it as processEvent', async () => {
    const code = `export function processEventBatch(events) { return events.map((event) => ({ ...event, size: events.length })); }`;

    const { steps, capabilities } = await bench(code, { steps: [{ events: [EVENT, EVENT] }] });

    expect(steps[0]?.output).toMatchObject([{ size: 1 }, { size: 1 }]);
    expect(capabilities).toEqual({ methods: ['processEvent'], jobs: [], scheduled_tasks: [] });
  });

  it('takes session recordings past processEvent to onSnapshot, and never to onEvent or exportEvents', async () => {
    const code = `export const processEvent = () => null;
      export const onEvent = () => console.log('onEvent');
      export const onSnapshot = (event) => console.log('onSnapshot', event.event);
      export const exportEvents = () => console.log('exportEvents');`;
    const report = await bench(code, {
      config: { exportEventsBufferBytes: '1' },
      steps: [{ event: { ...EVENT, event: '$snapshot' } }],
    });

    expect(report.steps).toEqual([{ output: { ...EVENT, event: '$snapshot' } }]);
    expect(said(report)).toEqual(['onSnapshot $snapshot']);
  });

  it('sends what composeWebhook makes of the later form of the event', async () => {
    const code = `export function composeWebhook(event) {
      const isDate = event.timestamp instanceof Date;
      return { url: 'https://hook.io/x', method: 'PUT', headers: { 'X-Kind': 'test' }, body: JSON.stringify({ ...event, isDate }) };
    }`;
    const { uuid, team_id, distinct_id, event, timestamp } = EVENT;

    const { requests } = await bench(code, {
      fetch: [{ url: 'https://hook.io/*' }],
      steps: [{ event: { ...EVENT, $set: { a: 1 }, properties: { plan: 'x' } } }],
    });

    expect(requests).toMatchObject([{ method: 'PUT', url: 'https://hook.io/x', headers: { 'x-kind': 'test' } }]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      uuid,
      team_id,
      distinct_id,
      event,
      timestamp,
      isDate: true,
      properties: {
        plan: 'x',
        $ip: EVENT.ip,
        $set: { a: 1 },
        $plugins_succeeded: [],
        $plugins_failed: [],
        $plugins_deferred: ['Test plugin (39)'],
      },
    });
  });

  it('counts what a promise that nobody awaits was rejected with as an error of the hook, and does not fail', async () => {
    const code = `export function processEvent(event) { Promise.reject(new Error('lost')); Promise.reject('also'); return event; }`;

    const report = await bench(code, { steps: [{ event: EVENT }] });

    expect(report.errors).toEqual([
      { hook: 'processEvent', name: 'Error', message: 'lost' },
      { hook: 'processEvent', name: 'Error', message: 'also' },
    ]);
    expect(said(report, 'PLUGIN')).toEqual(['Error: lost', 'Error: also']);
    expect(report.isGood).toBe(true);
  });

  it('ends only when everything a hook began has ended', async () => {
    const code = `export function processEvent(event, { cache, storage }) {
      fetch('https://slow.io/').then((response) => response.text()).then(async (text) => {
        await cache.set('text', text);
        storage.set('later', await cache.get('text'));
        posthog.capture('done');
      });
      return event;
    }`;
    const { cache, storage, captured } = await bench(code, {
      fetch: [{ url: '*', text: 'finally' }],
      steps: [{ event: EVENT }],
    });

    expect({ cache, storage }).toEqual({ cache: { text: 'finally' }, storage: { later: 'finally' } });
    expect(captured).toHaveLength(1);
  });
});

describe('a chain', () => {
  it('runs the plugins of the scenario before the one under test, which alone is reported', async () => {
    await using first = await pluginFolder({
      'plugin.json': '{"name":"First","config":[{"key":"by","default":"default"}]}',
      'index.ts': `export function processEvent(event, { config, cache, metrics }) {
          event.properties.order = [config.by]; cache.set('key', 1); return event; }
        export const jobs = { own: () => {} };`,
    });
    const code = `export function processEvent(event, { cache }) {
      event.properties.order.push('last'); cache.set('mine', true); return event; }`;

    const report = await bench(code, {
      plugin_config_id: 7,
      plugins: [first.path, { path: first.path, config: { by: 'given' } }],
      steps: [{ event: EVENT }],
    });

    expect(report.steps[0]?.output).toMatchObject({
      properties: { order: ['given', 'last'], $plugins_succeeded: ['First (8)', 'First (9)', 'Test plugin (7)'] },
    });
    expect(report).toMatchObject({ plugin: { name: 'Test plugin', main: 'index.js' }, cache: { mine: true } });
    expect(report.capabilities.jobs).toEqual([]);
  });
});
