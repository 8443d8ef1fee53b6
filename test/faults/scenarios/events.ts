import { randomUUID } from 'node:crypto';
import type { FlowPlugin } from '../../support/flow-project.ts';
import { packed } from '../../support/flow-project.ts';
import { judgeCount, judgeEvents, type SentEvent, stateValue } from '../promises.ts';
import type { Scenario } from '../scenario.ts';
import { send } from '../send.ts';

const MINUTE = 60_000;

/** Counts, lists, and keeps something. */
const counting: FlowPlugin = {
  name: 'counting',
  code: `exports.processEvent = async (event, { cache, storage }) => {
    await cache.incr('seen');
    await cache.lpush('names', event.event);
    console.log('has seen ' + event.event);
    if ((await storage.get('kept', null)) === null) await storage.set('kept', 'for good');
    return event;
  };`,
};

const dropping: FlowPlugin = {
  name: 'dropping',
  code: `exports.processEvent = (event) => (event.event === 'unwanted' ? null : event);`,
};

const failing: FlowPlugin = {
  name: 'failing',
  code: `exports.processEvent = (event) => { if (event.event === 'odd') throw new Error('odd'); return event; };`,
};

/** A batch of two messages: events that go on, one that is dropped, one that a plugin fails with, one that is none. */
export const events: Scenario<SentEvent[]> = {
  name: 'events',
  functions: ['process-events'],
  projects: [[counting, dropping, failing]],
  begins: 'warm',
  async act({ world, projects: [project], id }) {
    const names = ['a', 'b', 'unwanted', 'odd', 'broken'];
    const sent: SentEvent[] = names.map((name) => ({
      id: `${id} ${name}`,
      uuid: randomUUID(),
      end: name === 'unwanted' ? 'dropped' : name === 'broken' ? 'dead letter' : 'ingested',
    }));
    const bodies = sent.map(({ id: mark, uuid }, index) =>
      project?.event({
        event: names[index],
        uuid,
        properties: { mark },
        ...(names[index] === 'broken' ? { distinct_id: '' } : {}),
      }),
    );
    await send(world, 'EventsQueueUrl', [packed(bodies.slice(0, 4)), JSON.stringify(bodies[4])]);
    await world.clock.advance(5 * MINUTE);
    return sent;
  },
  judge(sent, outcome, { projects: [project] }) {
    const [counter = 0, dropper = 0] = project?.pluginConfigs ?? [];
    const repeats = outcome.repeats('process-events');
    return [
      ...judgeEvents(sent, outcome, dropper),
      ...judgeCount('incr', Number(stateValue(outcome, 'cache', counter, 'seen')), 4, repeats),
      ...(stateValue(outcome, 'storage', counter, 'kept') === '"for good"'
        ? []
        : ['storage does not hold what was set']),
    ];
  },
};
