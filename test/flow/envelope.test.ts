import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputTask } from '../../local/demo/celery-task.ts';
import type { DemoEvent } from '../../local/demo/demo-events.ts';
import { isUuid } from '../../shared/event/event-uuid.ts';
import { type FlowProject, installProject, marking, packed } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

let flow: FlowStack;
let mine: FlowProject;
let others: FlowProject;

beforeAll(async () => {
  flow = await startFlowStack();
  mine = await installProject(flow, [marking('mine')]);
  others = await installProject(flow, [marking('others')]);
});
afterAll(() => flow[Symbol.asyncDispose]());

describe('what the server knows wins over what the client sent', () => {
  it('in a Celery task: project, person, address and times are the task’s arguments, not the data’s', async () => {
    const envelope = mine.event({ sent_at: null }) as DemoEvent;
    const task = JSON.parse(inputTask(envelope)) as { body: string };
    const [args, ...rest] = JSON.parse(Buffer.from(task.body, 'base64').toString('utf8')) as [unknown[]];
    Object.assign(args[3] as object, {
      team_id: others.id,
      ip: '198.51.100.66',
      now: '1999-01-01T00:00:00Z',
      site_url: 'https://liar.example',
      sent_at: '1999-01-01T00:00:00Z',
      distinct_id: 'somebody-else',
    });
    const body = Buffer.from(JSON.stringify([args, ...rest])).toString('base64');

    const { events } = await flow.run([JSON.stringify({ ...task, body })]);

    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      team_id: mine.id,
      ip: envelope.ip,
      now: envelope.now,
      site_url: envelope.site_url,
      sent_at: null,
      distinct_id: envelope.distinct_id,
    });
    expect(events[0]?.properties).toHaveProperty('mine');
    expect(events[0]?.properties).not.toHaveProperty('others');
  });

  it('in a bare event: a team_id and a uuid among the properties change nothing', async () => {
    const sent = mine.event({ properties: { team_id: others.id, uuid: randomUUID() } });

    const { events } = await flow.run([JSON.stringify(sent)]);

    expect(events).toMatchObject([{ team_id: mine.id, uuid: sent['uuid'], properties: { mine: true } }]);
  });
});

describe('an event without a uuid', () => {
  it('gets one of its own, also beside others of the same message and with an equal content', async () => {
    const { uuid: _, ...same } = mine.event();
    const given = mine.event();

    const { events } = await flow.run([packed([same, same, given]), packed([same]), JSON.stringify(same)]);

    const uuids = events.map(({ uuid }) => uuid);
    expect(uuids).toHaveLength(5);
    expect(uuids.filter((uuid) => !isUuid(uuid))).toEqual([]);
    expect(new Set(uuids).size).toBe(5);
    expect(uuids).toContain(given['uuid']);
  });

  it.each([['not a uuid'], [''], [null], [42]])('is also one whose uuid is %j', async (uuid) => {
    const { events } = await flow.run([JSON.stringify(mine.event({ uuid }))]);

    expect(events.map((event) => isUuid(event.uuid))).toEqual([true]);
  });
});

it('ids as SDKs send them are read: a number as distinct_id, a project’s id as text', async () => {
  const { events } = await flow.run([JSON.stringify(mine.event({ distinct_id: 17, team_id: String(mine.id) }))]);

  expect(events).toMatchObject([{ distinct_id: '17', team_id: mine.id }]);
});

it('events of two projects in one message run through each one’s own chain', async () => {
  const { events } = await flow.run([packed([mine.event(), others.event(), mine.event()])]);

  const marksByProject = events.map(({ team_id, properties }) => [
    team_id,
    'mine' in (properties ?? {}),
    'others' in (properties ?? {}),
  ]);
  expect(marksByProject).toEqual([
    [mine.id, true, false],
    [others.id, false, true],
    [mine.id, true, false],
  ]);
});
