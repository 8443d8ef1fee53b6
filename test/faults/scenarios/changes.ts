import { randomBytes, randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { createApiTokens } from '../../../shared/registry/api-tokens.ts';
import { VERSION_KEY } from '../../../shared/registry/registry-items.ts';
import { marking } from '../../support/flow-project.ts';
import { judgeEvents, type SentEvent } from '../promises.ts';
import type { Run, Scenario } from '../scenario.ts';
import { send } from '../send.ts';

const MINUTE = 60_000;
/** A client that is told nothing, or that something is wrong with the server, asks again. */
const MOST_REQUESTS = 5;

interface Sent {
  events: SentEvent[];
  /** What the last request for each change was answered with. */
  statuses: number[];
}

/** A plugin config that is disabled and enabled again through the admin API, by a client that tries again, with an event after each change. */
export const changes: Scenario<Sent> = {
  name: 'changes',
  functions: ['admin'],
  projects: [[marking('marked')]],
  begins: 'warm',
  async act(run: Run) {
    const { world, projects, id } = run;
    const [project] = projects;
    const { aws, output, clock } = world;
    // A version that functions have seen in another run must not come again: it would be no change to them.
    const version = { ...VERSION_KEY, version: Math.floor(clock.now() / 1000) };
    await aws.dynamodb.send(new PutCommand({ TableName: output('RegistryTableName'), Item: version }));
    const tokens = createApiTokens({
      dynamodb: aws.dynamodb,
      table: output('RegistryTableName'),
      now: clock.now,
      newId: randomUUID,
      randomBytes,
    });
    const { token } = await tokens.create({ name: 'faults', scopes: ['admin'], projects: 'all' });
    const statuses: number[] = [];
    const events: SentEvent[] = [];
    for (const enabled of [false, true]) {
      statuses.push(await change(run, token, enabled));
      const event: SentEvent = { id: `${id} ${enabled}`, uuid: randomUUID(), end: 'ingested' };
      events.push(event);
      const body = project?.event({ uuid: event.uuid, properties: { mark: event.id } });
      await send(world, 'EventsQueueUrl', [JSON.stringify(body)]);
      await clock.advance(5 * MINUTE);
    }
    return { events, statuses };
  },
  judge({ events, statuses }, outcome) {
    const marked = (sent: SentEvent | undefined) =>
      outcome.ingested
        .filter(({ properties }) => properties?.['mark'] === sent?.id)
        .some(({ properties }) => properties?.['marked'] === true);
    return [
      ...judgeEvents(events, outcome, 0),
      ...statuses.filter((status) => status !== 200).map((status) => `a change was answered with ${status}`),
      ...(marked(events[0]) ? ['a plugin ran that was disabled'] : []),
      ...(marked(events[1]) ? [] : ['a plugin did not run that was enabled']),
    ];
  },
};

/** Asks until there is an answer. */
async function change({ world, projects: [project] }: Run, token: string, enabled: boolean): Promise<number> {
  const url = new URL(`api/plugin_config/${project?.pluginConfigs[0]}/`, world.output('AdminUrl'));
  for (let left = MOST_REQUESTS; ; left--) {
    const status = await fetch(url, {
      method: 'PATCH',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ enabled }),
    }).then(
      async (response) => {
        await response.text();
        return response.status;
      },
      () => 0,
    );
    if ((status > 0 && status < 500) || left === 1) return status;
  }
}
