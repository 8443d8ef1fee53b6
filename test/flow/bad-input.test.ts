import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputTask } from '../../local/demo/celery-task.ts';
import type { DemoEvent } from '../../local/demo/demo-events.ts';
import type { RejectionReason } from '../../shared/event/rejection.ts';
import { type FlowProject, installProject, marking, packed } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack, storyOf } from '../support/flow-stack.ts';

type Event = Record<string, unknown>;

const NOBODYS_PROJECT = 987_654;
const SQS_MAX_BODY_BYTES = 1_048_576;

let flow: FlowStack;
let project: FlowProject;

/** Makes the event larger than a message may be, with text that does not compress. */
const inflating = {
  name: 'inflating',
  code: `exports.processEvent = (event) => {
    if (event.event !== 'inflate me') return event;
    let seed = 1;
    const next = () => String.fromCharCode(33 + ((seed = (seed * 48271) % 2147483647) % 90));
    event.properties.text = Array.from({ length: 1500000 }, next).join('');
    return event;
  };`,
};

beforeAll(async () => {
  flow = await startFlowStack();
  project = await installProject(flow, [marking('seen'), inflating]);
});
afterAll(() => flow[Symbol.asyncDispose]());

const task = (change: (message: { body: string; headers: Event; properties: Event }) => void) => (event: Event) => {
  const message = JSON.parse(inputTask(event as DemoEvent)) as { body: string; headers: Event; properties: Event };
  change(message);
  return JSON.stringify(message);
};

/** Bodies that are no message at all, each made of an event that would have been fine. */
const BAD_MESSAGES: [title: string, write: (event: Event) => string, reason: RejectionReason, detail: RegExp][] = [
  ['malformed JSON', (event) => JSON.stringify(event).slice(0, -20), 'not_json', /The body of \d+ characters/],
  ['no JSON at all', () => 'hello', 'not_json', /5 characters/],
  ['a list', (event) => JSON.stringify([event]), 'not_an_event', /an array/],
  ['a number', () => '42', 'not_an_event', /42/],
  ['null', () => 'null', 'not_an_event', /null/],
  ['wrong base64', () => 'H4sI not base64', 'bad_base64', /base64/],
  [
    'a broken gzip',
    (event) => gzipSync(JSON.stringify(event)).subarray(0, 90).toString('base64'),
    'bad_compression',
    /decompress/,
  ],
  [
    'a broken zstd',
    (event) => zstdCompressSync(JSON.stringify(event)).subarray(0, 90).toString('base64'),
    'bad_compression',
    /decompress/,
  ],
  ['gzip of no JSON', () => gzipSync('hello, hello, hello').toString('base64'), 'not_json', /19 characters/],
  ['an inflated body just over the limit', () => bomb(10_000_001, gzipSync), 'inflated_too_large', /10000000 bytes/],
  ['a zip bomb of 500 MB in zstd', () => bomb(500_000_000, zstdCompressSync), 'inflated_too_large', /10000000 bytes/],
  ['an unknown version', (event) => JSON.stringify({ v: 2, events: [event] }), 'unsupported_version', /v = 2/],
  ['no version', (event) => JSON.stringify({ events: [event] }), 'unsupported_version', /v = missing/],
  [
    'another Celery task',
    task(({ headers }) => void (headers['task'] = 'posthog.tasks.email.send')),
    'unknown_task',
    /posthog\.tasks\.email\.send/,
  ],
  ['a Celery task without arguments', task((message) => void (message.body = 'e30=')), 'bad_task', /arguments/],
  ['a Celery task with a broken body', task((message) => void (message.body = '!')), 'bad_task', /not JSON/],
];

function bomb(bytes: number, compress: (plain: Buffer) => Buffer): string {
  return compress(Buffer.alloc(bytes, ' ')).toString('base64');
}

/** What makes a good event a bad one; its message is fine. */
const BAD_EVENTS: [title: string, change: Event, reason: RejectionReason, detail: RegExp][] = [
  ['without `event`', { event: undefined }, 'missing_event', /undefined/],
  ['with an empty `event`', { event: '' }, 'missing_event', /an empty string/],
  ['without `distinct_id`', { distinct_id: undefined }, 'missing_distinct_id', /undefined/],
  ['with a `distinct_id` that is an object', { distinct_id: { a: 1 } }, 'missing_distinct_id', /object/],
  ['without `team_id`', { team_id: undefined }, 'missing_team_id', /undefined/],
  ['with a `team_id` of null', { team_id: null }, 'missing_team_id', /null/],
  ['of an unknown project', { team_id: NOBODYS_PROJECT }, 'unknown_project', /no project 987654/],
];

describe('a message that is none', () => {
  it.each(BAD_MESSAGES)(
    '%s: one dead letter with its story, and its neighbours arrive',
    async (_, write, reason, detail) => {
      const [before, bad, after] = [project.event(), write(project.event()), project.event()];

      const { messageIds, events, deadLetters } = await flow.run([JSON.stringify(before), bad, JSON.stringify(after)]);

      expect(new Set(events.map(({ uuid }) => uuid))).toEqual(new Set([before['uuid'], after['uuid']]));
      expect(events).toHaveLength(2);
      expect(deadLetters.map(({ Body }) => Body)).toEqual([bad]);
      expect(deadLetters.map(storyOf)).toEqual([
        { reason, detail: expect.stringMatching(detail), sourceMessageId: messageIds[1] },
      ]);
    },
  );
});

describe('an event that is none', () => {
  it.each(BAD_EVENTS)('%s: alone in its message, the dead letter is the message', async (_, change, reason, detail) => {
    const body = JSON.stringify(project.event(change));

    const { messageIds, events, deadLetters } = await flow.run([body]);

    expect(events).toEqual([]);
    expect(deadLetters.map(({ Body }) => Body)).toEqual([body]);
    expect(deadLetters.map(storyOf)).toEqual([
      { reason, detail: expect.stringMatching(detail), sourceMessageId: messageIds[0] },
    ]);
  });

  it.each(BAD_EVENTS)('%s: among others, it alone is the dead letter', async (_, change, reason, detail) => {
    const bad = project.event({ ...change, properties: { title: 'odd \uFFFE \uD800 \u0000' } });
    const neighbours = [project.event(), project.event(), project.event()];
    const [first, second, third] = neighbours;

    const { messageIds, events, deadLetters } = await flow.run([
      gzipSync(packed([first, bad, second, third])).toString('base64'),
    ]);

    expect(events.map(({ uuid }) => uuid)).toEqual(neighbours.map(({ uuid }) => uuid));
    expect(deadLetters.map(({ Body = '' }) => JSON.parse(Body) as Event)).toEqual([JSON.parse(JSON.stringify(bad))]);
    expect(deadLetters.map(storyOf)).toEqual([
      { reason, detail: expect.stringMatching(detail), sourceMessageId: messageIds[0], position: '1' },
    ]);
  });

  it.each([[null], [42], ['text'], [['a']]])('%j in the place of an event is a dead letter of its own', async (bad) => {
    const [before, after] = [project.event(), project.event()];

    const { events, deadLetters } = await flow.run([packed([before, bad, after])]);

    expect(events.map(({ uuid }) => uuid)).toEqual([before['uuid'], after['uuid']]);
    expect(deadLetters.map(({ Body = '' }) => JSON.parse(Body) as unknown)).toEqual([bad]);
    expect(deadLetters.map(storyOf)).toMatchObject([{ reason: 'not_an_event', position: '1' }]);
  });

  it('several in one message are as many dead letters, each with its position', async () => {
    const good = project.event();
    const bad = { ...project.event(), distinct_id: '' };

    const { events, deadLetters } = await flow.run([packed([bad, good, bad, bad])]);

    expect(events.map(({ uuid }) => uuid)).toEqual([good['uuid']]);
    expect(deadLetters.map((letter) => storyOf(letter)['position'])).toEqual(expect.arrayContaining(['0', '2', '3']));
    expect(deadLetters).toHaveLength(3);
  });

  it('nested too deep to be written again: a dead letter, not a loop, and its neighbours arrive', async () => {
    const depth = 50_000;
    const good = project.event();
    const bad = JSON.stringify({ ...project.event({ distinct_id: '' }), properties: { deep: 0 } });
    const body = `{"v":1,"events":[${JSON.stringify(good)},${bad.replace('"deep":0', `"deep":${'['.repeat(depth)}${']'.repeat(depth)}`)}]}`;

    const { events, deadLetters } = await flow.run([body]);

    expect(events.map(({ uuid }) => uuid)).toEqual([good['uuid']]);
    expect(deadLetters.map(storyOf)).toMatchObject([{ reason: 'missing_distinct_id', position: '1' }]);
    expect(deadLetters[0]?.Body).toContain('[[[[');
  });
});

describe('size', () => {
  it('an event that a plugin made too large for any message is a dead letter as it came; its neighbours arrive', async () => {
    const [before, after] = [project.event(), project.event()];
    const body = packed([before, project.event({ event: 'inflate me' }), after]);

    const { events, deadLetters } = await flow.run([body]);

    expect(events.map(({ uuid }) => uuid)).toEqual([before['uuid'], after['uuid']]);
    expect(deadLetters.map(({ Body }) => Body)).toEqual([body]);
    expect(deadLetters.map(storyOf)).toMatchObject([
      { reason: 'event_too_large', position: '1', detail: expect.stringMatching(/\d+ bytes after the plugins/) },
    ]);
  });

  it('an event as large as a message may be arrives, compressed', async () => {
    const sent = project.event({ properties: { text: '' } });
    const room = SQS_MAX_BODY_BYTES - JSON.stringify(sent).length;
    sent['properties'] = { text: 'ab'.repeat(room / 2) };

    const { events, deadLetters } = await flow.run([JSON.stringify(sent)]);

    expect(deadLetters).toEqual([]);
    expect(events.map(({ properties }) => properties?.['text'])).toEqual(['ab'.repeat(room / 2)]);
  });

  it('a large batch comes out in messages that cost one request each, with every event once', async () => {
    const sent = Array.from({ length: 4000 }, () => project.event());

    const { messages, events } = await flow.run([gzipSync(packed(sent)).toString('base64')]);

    expect(events).toHaveLength(sent.length);
    expect(new Set(events.map(({ uuid }) => uuid))).toEqual(new Set(sent.map(({ uuid }) => uuid)));
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.filter(({ Body = '' }) => Body.length > 65_536)).toEqual([]);
  });

  it('the queue itself refuses a body over its limit, so none can come', async () => {
    await expect(flow.send(['x'.repeat(SQS_MAX_BODY_BYTES + 1)])).rejects.toThrow();
  });
});

it('a message without events is acknowledged and leaves nothing behind', async () => {
  const { messages, deadLetters } = await flow.run([packed([])]);

  expect(messages).toEqual([]);
  expect(deadLetters).toEqual([]);
});

it('a body that fills a message to the last byte is compressed, so that its reason fits beside it', async () => {
  await flow.setVisibilityTimeout(1);
  const bad = 'x'.repeat(SQS_MAX_BODY_BYTES);
  const [before, after] = [project.event(), project.event()];

  const { events, deadLetters } = await flow.run([JSON.stringify(before), bad, JSON.stringify(after)]);

  expect(events).toHaveLength(2);
  expect(new Set(events.map(({ uuid }) => uuid))).toEqual(new Set([before['uuid'], after['uuid']]));
  expect(deadLetters.map(({ Body }) => gunzipSync(Buffer.from(Body ?? '', 'base64')).toString() === bad)).toEqual([
    true,
  ]);
  expect(deadLetters[0]?.MessageAttributes?.['reason']?.StringValue).toBe('not_json');
});
