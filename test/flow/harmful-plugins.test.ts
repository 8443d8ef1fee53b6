import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlowPlugin, installProject, marking, packed } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

/** Strikes after which a plugin is disabled, as the stack is deployed here. */
const STRIKES = 2;

let flow: FlowStack;
beforeAll(async () => {
  flow = await startFlowStack({ 'processEvents.strikes': STRIKES });
});
afterAll(() => flow[Symbol.asyncDispose]());

/** Does harm on events named `harm` only. */
const harmful = (harm: string): FlowPlugin => ({
  name: 'harmful',
  code: `exports.processEvent = async (event) => { if (event.event === 'harm') { ${harm} } return event; };`,
});

const HARMS: [title: string, harm: string, error: RegExp][] = [
  ['loops for ever', 'while (true) {}', /^TimeoutError$/],
  ['waits for ever', 'await new Promise(() => {});', /^TimeoutError$/],
  ['calls process.exit after an escape', `Buffer.constructor('return process')().exit(1);`, /^Error$/],
  ['kills its own process after an escape', `Buffer.constructor('return process')().reallyExit(9);`, /^Error$/],
  [
    'fills the heap',
    'const kept = []; for (;;) kept.push(new Array(1e5).fill(Math.random()));',
    /^(OutOfMemoryError|TimeoutError)$/,
  ],
];

describe('a plugin that does harm to one event', () => {
  it.each(HARMS)('and %s fails alone: it is named in the registry, everything else arrives', async (_, harm, name) => {
    const project = await installProject(flow, [marking('before'), harmful(harm), marking('after')]);
    const bystander = await installProject(flow, [marking('bystander')]);
    const [before, id = 0, after] = project.pluginConfigs;
    const harmed = project.event({ event: 'harm' });
    const others = [project.event(), project.event(), bystander.event(), project.event()];
    const [first, second, third, fourth] = others;

    const { events, deadLetters } = await flow.run([
      packed([first, harmed, second]),
      'no event',
      JSON.stringify(third),
      JSON.stringify(fourth),
    ]);

    expect(events).toHaveLength(5);
    expect(new Set(events.map(({ uuid }) => uuid))).toEqual(new Set([harmed, ...others].map(({ uuid }) => uuid)));
    expect(deadLetters.map(({ Body }) => Body)).toEqual(['no event']);
    expect(events.find(({ event }) => event === 'harm')?.properties).toMatchObject({
      before: true,
      after: true,
      $plugins_succeeded: [`before (${before})`, `after (${after})`],
      $plugins_failed: [`harmful (${id})`],
    });
    const unharmed = events.filter(({ event }) => event !== 'harm');
    expect(unharmed.map(({ properties }) => properties?.['$plugins_failed'])).toEqual([[], [], [], []]);
    expect(await project.read(id)).toMatchObject({
      enabled: true,
      error: {
        name: expect.stringMatching(name),
        hook: 'processEvent',
        event: { uuid: harmed['uuid'], event: 'harm' },
      },
    });
    for (const other of [before, after, ...bystander.pluginConfigs])
      expect((await project.read(other as number))?.error).toBeUndefined();
  });
});

describe('a plugin that kills the host again and again', () => {
  it('is passed by for the rest of the batch and disabled in the registry with its error; the next batch runs without it', async () => {
    const project = await installProject(flow, [marking('before'), harmful('while (true) {}'), marking('after')]);
    const [before, id = 0, after] = project.pluginConfigs;
    const sent = Array.from({ length: STRIKES + 4 }, () => project.event({ event: 'harm' }));

    const { events, deadLetters } = await flow.run([packed(sent)]);
    const next = await flow.run([JSON.stringify(project.event({ event: 'harm' }))]);

    expect(events.map(({ uuid }) => uuid)).toEqual(sent.map(({ uuid }) => uuid));
    expect(deadLetters).toEqual([]);
    expect(events.filter(({ properties }) => properties?.['before'] !== true || properties['after'] !== true)).toEqual(
      [],
    );
    expect(await project.read(id)).toMatchObject({
      enabled: false,
      error: { name: 'TimeoutError', hook: 'processEvent', message: expect.stringContaining('1 second') },
    });
    expect(next.events[0]?.properties).toMatchObject({
      $plugins_succeeded: [`before (${before})`, `after (${after})`],
      $plugins_failed: [],
    });
  });

  it('gets a new chance when its owner enables it again', async () => {
    const project = await installProject(flow, [harmful('while (true) {}')]);
    const [id = 0] = project.pluginConfigs;
    await flow.run([packed(Array.from({ length: STRIKES }, () => project.event({ event: 'harm' })))]);
    const disabled = await project.read(id);

    await project.upgrade(id, marking('mended').code);
    await project.change(id, { enabled: true });
    const { events } = await flow.run([JSON.stringify(project.event({ event: 'harm' }))]);

    expect(disabled).toMatchObject({ enabled: false });
    expect(events).toMatchObject([{ properties: { mended: true, $plugins_failed: [] } }]);
    const enabled = await project.read(id);
    expect(enabled).toMatchObject({ enabled: true });
    expect(enabled?.error).toBeUndefined();
  });
});
