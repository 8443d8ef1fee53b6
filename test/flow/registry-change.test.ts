import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlowPlugin, type FlowProject, installProject, marking, packed } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

let flow: FlowStack;
beforeAll(async () => {
  flow = await startFlowStack();
});
afterAll(() => flow[Symbol.asyncDispose]());

/** Says where it runs, what it was set up with and how often, and tells of its end in its log. */
const observed = (version: string): FlowPlugin => ({
  name: 'observed',
  config: { greeting: 'Hello' },
  code: `
    const process = Buffer.constructor('return process')();
    exports.setupPlugin = ({ config, global }) => {
      global.greeting = config.greeting;
      global.setups = (global.setups || 0) + 1;
      console.log('set up ${version} with ' + config.greeting);
    };
    exports.teardownPlugin = ({ global }) => console.log('torn down ${version} with ' + global.greeting);
    exports.processEvent = (event, { config, global }) => {
      const seen = { version: '${version}', greeting: config.greeting, atSetup: global.greeting, setups: global.setups };
      event.properties = { ...event.properties, seen, order: [...(event.properties.order || []), '${version}'] };
      event.properties.processes = [process.ppid, process.pid];
      return event;
    };`,
});

async function runOne(project: FlowProject): Promise<Record<string, unknown>> {
  const { events } = await flow.run([JSON.stringify(project.event())]);
  expect(events).toHaveLength(1);
  return events[0]?.properties as Record<string, unknown>;
}

describe('a change in the registry is seen by the next batch, in the same processes', () => {
  /** Runs an event before and after a change, and gives both and what the plugin logged meanwhile. */
  async function around(project: FlowProject, change: () => Promise<void>) {
    const before = await runOne(project);
    const lines = flow.logLines.length;
    await change();
    const after = await runOne(project);
    const logged = flow.logLines.slice(lines).flatMap((line) => /"((?:set up|torn down) [^"]*)"/.exec(line)?.[1] ?? []);
    expect(after['processes'] ?? before['processes']).toEqual(before['processes']);
    expect(flow.processEvents.environments()).toMatchObject([{ processId: (before['processes'] as number[])[0] }]);
    return { before, after, logged };
  }

  it('other config values: torn down with the old, set up with the new', async () => {
    const project = await installProject(flow, [observed('one')]);
    const [id = 0] = project.pluginConfigs;

    const { before, after, logged } = await around(project, () => project.change(id, { config: { greeting: 'Moin' } }));

    expect(before['seen']).toEqual({ version: 'one', greeting: 'Hello', atSetup: 'Hello', setups: 1 });
    expect(after['seen']).toEqual({ version: 'one', greeting: 'Moin', atSetup: 'Moin', setups: 1 });
    expect(logged).toEqual(['torn down one with Hello', 'set up one with Moin']);
  });

  it('other code: torn down as the old, set up as the new', async () => {
    const project = await installProject(flow, [observed('two')]);
    const [id = 0] = project.pluginConfigs;

    const { before, after, logged } = await around(project, () => project.upgrade(id, observed('three').code));

    expect([before['seen'], after['seen']]).toMatchObject([{ version: 'two' }, { version: 'three', setups: 1 }]);
    expect(logged).toEqual(['torn down two with Hello', 'set up three with Hello']);
  });

  it('disabled: torn down, and events pass without it and without its name in the markers', async () => {
    const project = await installProject(flow, [observed('four'), marking('other')]);
    const [id = 0, other] = project.pluginConfigs;

    const { after, logged } = await around(project, () => project.change(id, { enabled: false }));

    expect(after).not.toHaveProperty('seen');
    expect(after['$plugins_succeeded']).toEqual([`other (${other})`]);
    expect(logged).toEqual(['torn down four with Hello']);
  });

  it('another order: the chain turns round, and no plugin is set up anew', async () => {
    const project = await installProject(flow, [observed('five'), observed('six')]);
    const [first = 0] = project.pluginConfigs;

    const { before, after, logged } = await around(project, () => project.change(first, { order: 9 }));

    expect([before['order'], after['order']]).toEqual([
      ['five', 'six'],
      ['six', 'five'],
    ]);
    expect(logged).toEqual([]);
  });

  it('a new project: its events arrive, which were dead letters before', async () => {
    const known = await installProject(flow, [observed('seven')]);
    const early = await flow.run([JSON.stringify(known.event({ team_id: 555 }))]);

    const { after } = await around(known, () => flow.registry.putProject({ id: 555, name: 'New' }));
    const late = await flow.run([JSON.stringify(known.event({ team_id: 555 }))]);

    expect([early.events.length, early.deadLetters.length]).toEqual([0, 1]);
    expect([late.events.length, late.deadLetters.length]).toEqual([1, 0]);
    expect(late.events[0]?.properties).not.toHaveProperty('$plugins_succeeded');
    expect(after['seen']).toMatchObject({ setups: 1 });
  });
});

describe('a plugin whose setup fails', () => {
  const failing = (code: string): FlowPlugin => ({
    name: 'failing',
    code: `${code}; exports.processEvent = (event) => { event.properties.failing = true; return event; };`,
  });

  it.each([
    [
      'throws in setupPlugin',
      `exports.setupPlugin = () => { throw new TypeError('no key'); }`,
      'setupPlugin',
      'no key',
    ],
    ['does not evaluate', `undefinedFunction()`, 'load', 'undefinedFunction is not defined'],
    ['imports what there is not', `require('left-pad')`, 'load', "Cannot import 'left-pad'!"],
    ['loops for ever in setupPlugin', `exports.setupPlugin = () => { while (true); }`, 'setupPlugin', 'timed out'],
  ])('and %s is disabled with its error, and events pass it by', async (_, code, hook, message) => {
    const project = await installProject(flow, [marking('before'), failing(code), marking('after')]);
    const [before, id = 0, after] = project.pluginConfigs;

    const { events, deadLetters } = await flow.run([packed([project.event(), project.event()])]);

    expect(deadLetters).toEqual([]);
    expect(events.map(({ properties }) => properties)).toMatchObject([
      { before: true, after: true, $plugins_succeeded: [`before (${before})`, `after (${after})`] },
      { before: true, after: true, $plugins_failed: [] },
    ]);
    expect(events[0]?.properties).not.toHaveProperty('failing');
    expect(await project.read(id)).toMatchObject({
      enabled: false,
      error: { hook, message: expect.stringContaining(message) },
    });
  });

  it('and throws RetryError stays enabled, with its error, and is set up when it is due; then the error is gone', async () => {
    const project = await installProject(flow, [
      {
        name: 'early',
        config: { readyAt: Date.now() + 2000 },
        code: `
          exports.setupPlugin = ({ config }) => { if (Date.now() < config.readyAt) throw new RetryError('come back later'); };
          exports.processEvent = (event) => { event.properties.early = true; return event; };`,
      },
    ]);
    const [id = 0] = project.pluginConfigs;

    const atFirst = await runOne(project);
    const meanwhile = await project.read(id);
    // The second attempt is due three seconds after the first.
    await new Promise((resolve) => setTimeout(resolve, 3100));
    const later = await runOne(project);

    expect(atFirst).not.toHaveProperty('early');
    expect(meanwhile).toMatchObject({ enabled: true, error: { name: 'RetryError', message: 'come back later' } });
    expect(later).toMatchObject({ early: true, $plugins_succeeded: [`early (${id})`] });
    const afterwards = await project.read(id);
    expect(afterwards).toMatchObject({ enabled: true });
    expect(afterwards?.error).toBeUndefined();
  });
});
