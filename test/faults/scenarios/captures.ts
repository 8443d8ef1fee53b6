import { randomUUID } from 'node:crypto';
import type { FlowPlugin } from '../../support/flow-project.ts';
import type { Scenario } from '../scenario.ts';
import { send } from '../send.ts';

const MINUTE = 60_000;

const capturing: FlowPlugin = {
  name: 'capturing',
  code: `exports.processEvent = async (event) => {
    if (event.event === 'cause') await posthog.capture('effect', { mark: event.properties.mark });
    return event;
  };`,
};

/** An event that makes a plugin capture another one, which enters the events queue. */
export const captures: Scenario<{ uuid: string }> = {
  name: 'captures',
  functions: ['process-events'],
  only: / events #| lambda\./,
  projects: [[capturing]],
  begins: 'warm',
  async act({ world, projects: [project], id }) {
    const uuid = randomUUID();
    const cause = project?.event({ event: 'cause', uuid, properties: { mark: id } });
    await send(world, 'EventsQueueUrl', [JSON.stringify(cause)]);
    await world.clock.advance(6 * MINUTE);
    return { uuid };
  },
  judge({ uuid }, outcome, { id }) {
    const ofThis = outcome.ingested.filter(({ properties }) => properties?.['mark'] === id);
    const uuids = (name: string) => [
      ...new Set(ofThis.filter(({ event }) => event === name).map((event) => event.uuid)),
    ];
    const [causes, effects] = [uuids('cause'), uuids('effect')];
    return [
      ...(causes.length === 1 && causes[0] === uuid
        ? []
        : [`the event came with the uuids ${causes.join(', ') || 'none'}`]),
      ...(effects.length === 1 ? [] : [`what it led to came with the uuids ${effects.join(', ') || 'none'}`]),
    ];
  },
};
