import { randomUUID } from 'node:crypto';
import type { FlowPlugin } from '../../support/flow-project.ts';
import { marking } from '../../support/flow-project.ts';
import { judgeEvents, type SentEvent } from '../promises.ts';
import type { Run, Scenario } from '../scenario.ts';
import { send } from '../send.ts';

const SECOND = 1000;
const ROUNDS = 6;

/** A plugin that marks events, with a `setupPlugin`. */
function settingUp(name: string, setup: string): FlowPlugin {
  return { name, code: `${marking(name).code} exports.setupPlugin = async ({ cache }) => { ${setup} };` };
}

const plugins: FlowPlugin[] = [
  settingUp('ready', `await cache.get('nothing', null); await cache.set('ready', true);`),
  settingUp('flaky', `if ((await cache.incr('setups')) < 2) throw new RetryError('not yet');`),
  settingUp('broken', `throw new Error('never');`),
];

interface Sent {
  events: SentEvent[];
  /** Whether plugin configs are enabled in the end, and their errors, in their order. */
  ends: { enabled: boolean; error: string | undefined }[];
}

/** Plugins that nobody has loaded before: one is ready, one asks to be set up again later, one cannot be set up. Events come meanwhile. */
export const setups: Scenario<Sent> = {
  name: 'setups',
  functions: ['process-events'],
  projects: [plugins],
  begins: 'cold',
  isFirstLoad: true,
  async act({ world, projects: [project], id }: Run) {
    const events: SentEvent[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const event: SentEvent = { id: `${id} ${round}`, uuid: randomUUID(), end: 'ingested' };
      events.push(event);
      const body = project?.event({ uuid: event.uuid, properties: { mark: event.id } });
      await send(world, 'EventsQueueUrl', [JSON.stringify(body)]);
      await world.clock.advance(20 * SECOND);
    }
    await world.clock.advance(600 * SECOND);
    const { pluginConfigs } = await world.registry.readAll();
    return { events, ends: pluginConfigs.map(({ enabled, error }) => ({ enabled, error: error?.message })) };
  },
  judge({ events, ends }, outcome) {
    const last = outcome.ingested.filter(({ properties }) => properties?.['mark'] === events.at(-1)?.id);
    const marks = (name: string) => last.length > 0 && last.every(({ properties }) => properties?.[name] === true);
    const [ready, flaky, broken] = ends;
    return [
      ...judgeEvents(events, outcome, 0),
      ...(marks('ready') ? [] : ['the plugin that is ready does not run']),
      ...(marks('flaky') ? [] : ['the plugin that is set up again does not run']),
      ...(ready?.enabled && ready.error === undefined
        ? []
        : [`the plugin that is ready ended with ${JSON.stringify(ready)}`]),
      ...(flaky?.enabled && flaky.error === undefined
        ? []
        : [`the plugin that is set up again ended with ${JSON.stringify(flaky)}`]),
      ...(broken?.enabled === false && broken.error === 'never'
        ? []
        : [`the plugin that cannot be set up ended with ${JSON.stringify(broken)}`]),
    ];
  },
};
