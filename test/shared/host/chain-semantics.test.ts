import { afterEach, describe, expect, it } from 'vitest';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import type { Account } from '../../../shared/sandbox/protocol.ts';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
afterEach(() => host.stop());

/** Runs one event through plugins with this code, ids 1, 2, 3 …, and gives what came out. */
async function run(codes: string[], overrides: Record<string, unknown> = {}) {
  host = createTestHost();
  await host.use(...codes.map((code, index) => pluginOf(index + 1, code)));
  const result = await host.runEvents([eventOf(overrides)]);
  return { ...result, account: result.accounts[0] as Account, event: eventsOf(result)[0] as PluginEvent };
}

const addsSeen = `exports.processEvent = (event) => { event.properties = { ...event.properties, seen: true }; return event; };`;

describe('the chain', () => {
  it('passes an event through plugin after plugin, in their order, and says who succeeded', async () => {
    const { event } = await run([
      `exports.processEvent = (event) => { event.properties.trail = 'a'; return event; };`,
      `exports.processEvent = async (event) => { event.properties.trail += 'b'; return event; };`,
      `exports.processEvent = (event) => { event.properties.trail += 'c'; return event; };`,
    ]);

    expect(event.properties).toMatchObject({
      trail: 'abc',
      $plugins_succeeded: ['Plugin 1 (1)', 'Plugin 2 (2)', 'Plugin 3 (3)'],
      $plugins_failed: [],
      $plugins_deferred: [],
    });
  });

  it.each(['null', 'undefined', 'false', '0', "''"])(
    'drops an event when a plugin returns %s, and counts it against that plugin',
    async (returned) => {
      const { account, messages } = await run([
        addsSeen,
        `exports.processEvent = () => ${returned};`,
        `exports.processEvent = () => { throw new Error('never called'); };`,
      ]);

      const seen = { 1: 1, 2: 1 };
      expect(account).toEqual({ events: 1, ingested: 0, dropped: { 2: 1 }, failed: {}, seen, deadLetters: 0 });
      expect(messages).toEqual([]);
    },
  );

  it('goes on with the event as last returned when a plugin throws, and keeps what it had changed', async () => {
    const { event, account, errors } = await run([
      `exports.processEvent = async (event) => { event.properties.before = 1; throw new RangeError('no such thing'); };`,
      addsSeen,
    ]);

    expect(event.properties).toMatchObject({
      before: 1,
      seen: true,
      $plugins_succeeded: ['Plugin 2 (2)'],
      $plugins_failed: ['Plugin 1 (1)'],
    });
    expect(account).toMatchObject({ ingested: 1, failed: { 1: 1 } });
    expect(errors).toMatchObject([
      {
        plugin: 1,
        count: 1,
        last: {
          hook: 'processEvent',
          name: 'RangeError',
          message: 'no such thing',
          event: { uuid: event.uuid, event: '$pageview' },
        },
      },
    ]);
    expect(errors[0]?.last.stack).toContain('plugin-config-1/index.js:1');
  });

  it.each([
    ['a string', `throw 'just text'`, 'just text'],
    ['nothing', `throw undefined`, 'undefined'],
    [
      'an object that bites',
      `throw { get message() { throw 1 }, toString() { throw 2 }, toJSON() { throw 3 } }`,
      'unknown error',
    ],
  ])('survives a plugin that throws %s', async (_, statement, message) => {
    const { errors, account } = await run([`exports.processEvent = () => { ${statement} };`]);

    expect(account.ingested).toBe(1);
    expect(errors[0]?.last.message).toBe(message);
  });

  it('resets a changed team_id, keeps the other changes, and counts a failure', async () => {
    const { event, errors } = await run([`exports.processEvent = (event) => ({ ...event, team_id: 2, extra: true });`]);

    expect(event).toMatchObject({ team_id: 1, extra: true, properties: { $plugins_failed: ['Plugin 1 (1)'] } });
    expect(errors[0]?.last).toMatchObject({
      name: 'IllegalOperationError',
      message: 'Plugin tried to change event.team_id',
    });
  });

  it.each(['"text"', '42', 'true', '[1]'])('ignores %s as an answer, and counts a failure', async (answer) => {
    const { event, errors } = await run([
      `exports.processEvent = (event) => { event.properties.kept = 1; return ${answer}; };`,
      addsSeen,
    ]);

    expect(event).toMatchObject({
      event: '$pageview',
      properties: { kept: 1, seen: true, $plugins_failed: ['Plugin 1 (1)'] },
    });
    expect(errors[0]?.last.message).toContain('an event, or null to drop the event, is expected');
  });

  it('writes the markers also on a new object, on frozen properties, and on none', async () => {
    for (const code of [
      `exports.processEvent = (event) => ({ event: event.event, team_id: event.team_id, distinct_id: event.distinct_id });`,
      `exports.processEvent = (event) => Object.freeze({ ...event, properties: Object.freeze({ a: 1 }) });`,
      `exports.processEvent = (event) => { delete event.properties; return event; };`,
    ]) {
      const { event } = await run([code]);
      expect(event.properties).toMatchObject({ $plugins_succeeded: ['Plugin 1 (1)'] });
      expect(event.uuid).toBe(eventOf()['uuid']);
      await host.stop();
    }
  });

  it('gives a plugin no `this` that leads to the host', async () => {
    const { event } = await run([
      `exports.processEvent = function (event) { event.properties.own = this === undefined || this === globalThis; return event; };`,
    ]);

    expect(event.properties).toMatchObject({ own: true });
  });

  it('names plugins with hooks that run later as deferred', async () => {
    const { event } = await run([`exports.onEvent = () => {};`, `exports.exportEvents = () => {}; ${addsSeen}`]);

    expect(event.properties).toMatchObject({
      $plugins_succeeded: ['Plugin 2 (2)'],
      $plugins_deferred: ['Plugin 1 (1)', 'Plugin 2 (2)'],
    });
  });

  it('leaves an event of a project without plugins untouched', async () => {
    const { event } = await run([]);

    expect(event).toEqual(eventOf());
  });

  it('leaves an event untouched when no plugin has a hook for it', async () => {
    const { event } = await run([`exports.setupPlugin = () => {};`]);

    expect(event).toEqual(eventOf());
  });

  it('does not run processEvent on session recordings', async () => {
    const { event } = await run([addsSeen], { event: '$snapshot' });

    expect(event.properties).not.toHaveProperty('seen');
  });

  it('gives processEventBatch one event at a time when there is no processEvent', async () => {
    const { event } = await run([
      `exports.processEventBatch = async (events) => { events[0].properties.batch = events.length; return events; };`,
    ]);

    expect(event.properties).toMatchObject({ batch: 1 });
  });

  it('drops an event for which processEventBatch returns nothing', async () => {
    const { account } = await run([`exports.processEventBatch = () => [];`]);

    expect(account.dropped).toEqual({ 1: 1 });
  });

  it('writes an event with a cycle as far as JSON can say it, and counts an error', async () => {
    const { event, errors, account } = await run([
      `exports.processEvent = (event) => { event.properties.self = event; event.big = 10n; return event; };`,
    ]);

    expect(account.ingested).toBe(1);
    expect(event).toMatchObject({ event: '$pageview', big: '10', properties: { self: '[circular]' } });
    expect(errors[0]?.last.message).toContain('cannot be written as JSON');
  });

  it('fails a call whose promise never settles after the time limit, and goes on', async () => {
    const { event, errors } = await run([`exports.processEvent = () => new Promise(() => {});`, addsSeen]);

    expect(event.properties).toMatchObject({ seen: true, $plugins_failed: ['Plugin 1 (1)'] });
    expect(errors[0]?.last).toMatchObject({
      name: 'TimeoutError',
      message: 'Script execution timed out after promise waited for 1 second',
    });
  });

  it('never lets a broken event of a packed message fail its neighbours', async () => {
    host = createTestHost();
    await host.use(pluginOf(1, addsSeen));

    const result = await host.runEvents([
      eventOf(),
      { event: 'no distinct_id', team_id: 1 },
      null,
      eventOf({ team_id: 77 }),
      eventOf(),
    ]);

    expect(result.accounts).toEqual([
      { events: 5, ingested: 2, dropped: {}, failed: {}, seen: { 1: 2 }, deadLetters: 3 },
    ]);
    expect(result.deadLetters.map(({ position, reason }) => [position, reason])).toEqual([
      [1, 'missing_distinct_id'],
      [2, 'not_an_event'],
      [3, 'unknown_project'],
    ]);
    expect(JSON.parse(result.deadLetters[0]?.body ?? '')).toEqual({ event: 'no distinct_id', team_id: 1 });
  });
});
