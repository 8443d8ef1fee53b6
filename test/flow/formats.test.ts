import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Message } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputTask } from '../../local/demo/celery-task.ts';
import type { DemoEvent } from '../../local/demo/demo-events.ts';
import { isUuid } from '../../shared/event/event-uuid.ts';
import { INGESTION_FORMATS, type IngestionFormat } from '../../shared/event/ingestion-format.ts';
import { type FlowProject, installProject, marking, packed } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

type Event = Record<string, unknown>;

/** How a producer may write three events. */
const FORMS: [title: string, write: (events: Event[]) => string[], uuid: 'kept' | 'derived'][] = [
  ['one event per message', (events) => events.map((event) => JSON.stringify(event)), 'kept'],
  ['packed, plain', (events) => [packed(events)], 'kept'],
  ['packed, gzip', (events) => [gzipSync(packed(events)).toString('base64')], 'kept'],
  ['packed, zstd', (events) => [zstdCompressSync(packed(events)).toString('base64')], 'kept'],
  ['Celery tasks', (events) => events.map((event) => inputTask(event as DemoEvent)), 'derived'],
];

/** Reads a message of the ingestion queue as a consumer of that format would: nothing of the project's own readers. */
const READ: Record<IngestionFormat, (body: string) => Event[]> = {
  packed(body) {
    const { v, events } = JSON.parse(body) as { v: number; events: Event[] };
    expect(v).toBe(1);
    return events;
  },
  event: (body) => [JSON.parse(body) as Event],
  celery(body) {
    const message = JSON.parse(body) as { body: string; headers: Event; properties: Event };
    expect(message.headers['task']).toBe('posthog.tasks.process_event.process_event');
    expect(message.properties['body_encoding']).toBe('base64');
    const [args] = JSON.parse(Buffer.from(message.body, 'base64').toString('utf8')) as [unknown[]];
    const [distinct_id, ip, site_url, data, team_id, now, sent_at] = args;
    expect(args).toHaveLength(7);
    return [{ ...(data as Event), distinct_id, ip, site_url, team_id, now, sent_at }];
  },
};

describe.each(INGESTION_FORMATS)('with ingestionFormat %s', (format) => {
  let flow: FlowStack;
  let project: FlowProject;
  const read = (messages: Message[]) => messages.flatMap(({ Body = '' }) => READ[format](Body));

  beforeAll(async () => {
    flow = await startFlowStack({ ingestionFormat: format });
    project = await installProject(flow, [marking('first'), marking('second')]);
  });
  afterAll(() => flow[Symbol.asyncDispose]());

  it.each(FORMS)('%s: the same events arrive, changed by the chain and marked with it', async (_, write, uuid) => {
    const sent = [
      project.event({ event: 'a', sent_at: '2026-11-21T10:20:29.000Z', $set: { plan: 'team' } }),
      project.event({ event: 'b', sent_at: null, ip: null, timestamp: '2026-11-20T00:00:00Z', offset: 30 }),
      project.event({ event: 'c', sent_at: null, properties: { title: 'Grüße 🦔', nested: { list: [1, null, 'x'] } } }),
    ];

    const { messages, deadLetters } = await flow.run(write(sent));

    const arrived = read(messages).sort((a, b) => String(a['event']).localeCompare(String(b['event'])));
    const [first, second] = project.pluginConfigs;
    const expected = sent.map((event) => ({
      ...event,
      uuid: uuid === 'kept' ? event['uuid'] : expect.toSatisfy(isUuid),
      properties: {
        ...(event['properties'] as Event),
        first: true,
        second: true,
        $plugins_succeeded: [`first (${first})`, `second (${second})`],
        $plugins_failed: [],
        $plugins_deferred: [],
      },
    }));
    expect(arrived).toEqual(expected);
    expect(deadLetters).toEqual([]);
  });

  it('says everything that Unicode can and a queue cannot: each of the 65,536 UTF-16 units arrives as it was', async () => {
    // One unit after the other, with a letter in between, so that every surrogate is a lone one.
    const rows = Array.from({ length: 64 }, (_, row) =>
      Array.from({ length: 1024 }, (_unit, column) => `${String.fromCharCode(row * 1024 + column)}x`).join(''),
    );
    const event = project.event({ properties: Object.fromEntries(rows.map((text, row) => [`row ${row}`, text])) });

    const { events } = await flow.run([gzipSync(packed([event])).toString('base64')]);

    expect(events).toHaveLength(1);
    const wrong = rows.flatMap((text, row) => (events[0]?.properties?.[`row ${row}`] === text ? [] : [row]));
    expect(wrong).toEqual([]);
  });
});
