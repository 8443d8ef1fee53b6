import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { DeleteMessageBatchCommand, type ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { walkQueue } from '../../../shared/aws/walk-queue.ts';
import { taskText } from '../../../shared/state/task.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

let admin: AdminUnderTest;
beforeAll(async () => {
  admin = await startWith();
});
afterAll(() => admin[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const name of ['events', 'ingestion', 'deliveries', 'tasks'] as const) {
    await admin.queues.receiveAll(name);
    const QueueUrl = admin.queues.urls[`${name}-letters`];
    for (const { ReceiptHandle } of await admin.queues.receiveAll(`${name}-letters`))
      await admin.queues.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: '0', ReceiptHandle }] }));
  }
});

async function startWith(deadLetters?: AdminUnderTest['deps']['deadLetters']): Promise<AdminUnderTest> {
  const started = await startAdmin(deadLetters === undefined ? {} : { deadLetters });
  // Queues know no other time.
  started.clock.now = Date.now() + 60_000;
  return started;
}

const LETTERS = '/api/dead_letters/';
const post = (path: string, body: unknown) => admin.call({ method: 'POST', path: `${LETTERS}${path}`, body });
const event = (name: string) => JSON.stringify({ event: name, distinct_id: 'me', team_id: 7 });

const ofEvents = (name: string, reason = 'unknown_project') =>
  admin.queues.send('events-letters', event(name), {
    reason,
    detail: `about ${name}`,
    sourceMessageId: randomUUID(),
    position: '3',
    hops: '2',
  });

/** Bodies and attributes of what is in a queue. */
async function inQueue(name: 'events' | 'ingestion' | 'deliveries' | 'tasks') {
  return (await admin.queues.receiveAll(name)).map(({ Body, MessageAttributes = {} }) => ({
    body: Body,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([key, { StringValue }]) => [key, StringValue]),
    ),
  }));
}

describe('looking at dead letters', () => {
  it('counts them by queue, and shows each with its story; afterwards all are there as before', async () => {
    const id = await ofEvents('one');
    await admin.queues.send('ingestion-letters', gzipSync('x'.repeat(2_000)).toString('base64'));

    const counts = await admin.call({ path: LETTERS });
    const events = await admin.call({ path: `${LETTERS}events/` });
    const ingestion = await admin.call({ path: `${LETTERS}ingestion/` });

    expect(counts.body.results).toEqual([
      { queue: 'events', count: 1, hidden: 0 },
      { queue: 'ingestion', count: 1, hidden: 0 },
      { queue: 'deliveries', count: 0, hidden: 0 },
      { queue: 'tasks', count: 0, hidden: 0 },
    ]);
    expect(events.body).toEqual({
      examined: 1,
      complete: true,
      results: [
        {
          id,
          reason: 'unknown_project',
          detail: 'about one',
          source_message_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          position: 3,
          plugin_config: null,
          first_seen_at: expect.stringMatching(/Z$/) as string,
          receive_count: 1,
          size_bytes: expect.any(Number) as number,
          body: event('one'),
          body_truncated: false,
        },
      ],
    });
    expect(ingestion.body.results).toMatchObject([
      { reason: 'received_too_often', detail: null, body: 'x'.repeat(500), body_truncated: true },
    ]);
    expect(await admin.queues.count('events-letters')).toEqual([1, 0]);
    expect(await admin.queues.count('ingestion-letters')).toEqual([1, 0]);
  });

  it('finds one by its id, with all of it, also while somebody else looks; one that is not there is a 404', async () => {
    const ids = await Promise.all(['a', 'b', 'c'].map((name) => ofEvents(name)));

    const found = await Promise.all(ids.map((id) => admin.call({ path: `${LETTERS}events/${id}/` })));
    const none = await admin.call({ path: `${LETTERS}events/${randomUUID()}/` });

    expect(found.map(({ body }) => [body.id, body.body])).toEqual(
      ids.map((id, index) => [id, event(['a', 'b', 'c'][index] as string)]),
    );
    expect(found[0]?.body.attributes).toMatchObject({ reason: 'unknown_project', hops: '2' });
    expect([none.status, none.body.code]).toEqual([404, 'not_found']);
    expect(await admin.queues.count('events-letters')).toEqual([3, 0]);
  });

  it('can be of one reason, or of one plugin config where messages are one’s', async () => {
    await ofEvents('one');
    const wanted = await ofEvents('two', 'missing_event');
    const delivery = { events: '1', reason: 'export_failed', detail: 'Error: no', pluginVersion: 'abc' };
    await admin.queues.send('deliveries-letters', '{}', { pluginConfig: '3', ...delivery });
    await admin.queues.send('deliveries-letters', '{}', { pluginConfig: '4', ...delivery });

    const ofReason = await admin.call({ path: `${LETTERS}events/?reason=missing_event` });
    const ofConfig = await admin.call({ path: `${LETTERS}deliveries/?plugin_config=4` });
    const ofNobody = await admin.call({ path: `${LETTERS}events/?plugin_config=4` });

    expect(ofReason.body.results.map(({ id }: { id: string }) => id)).toEqual([wanted]);
    expect(ofConfig.body.results).toMatchObject([{ plugin_config: 4, reason: 'export_failed' }]);
    expect([ofNobody.status, ofNobody.body.errors[0].path]).toEqual([400, 'query.plugin_config']);
  });

  it('shows what cannot be read as it is', async () => {
    await admin.queues.send('events-letters', 'H4sI!broken', { reason: 'bad_base64', detail: 'x' });

    const { body } = await admin.call({ path: `${LETTERS}events/` });

    expect(body.results).toMatchObject([{ reason: 'bad_base64', body: 'H4sI!broken' }]);
  });
});

describe('sending dead letters back', () => {
  it('gives events back with what their consumer needs, and without the story of their end', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, index) => ofEvents(`number ${index}`)));

    const reply = await post('events/redrive/', { all: true });

    expect(reply.body).toEqual({
      redriven: 25,
      not_sent: 0,
      not_removed: 0,
      examined: 25,
      complete: true,
      before: expect.any(String) as string,
    });
    const back = await inQueue('events');
    expect(back).toHaveLength(25);
    expect(new Set(back.map(({ body }) => body))).toEqual(
      new Set(Array.from({ length: 25 }, (_, index) => event(`number ${index}`))),
    );
    expect(back.every(({ attributes }) => JSON.stringify(attributes) === '{"hops":"2"}')).toBe(true);
    expect(await admin.queues.count('events-letters')).toEqual([0, 0]);
  });

  it('gives deliveries back to their plugin config, for the one hook that failed', async () => {
    const delivery = { pluginConfig: '3', events: '4', only: 'exportEvents', round: '1' };
    await admin.queues.send('deliveries-letters', '{"v":1,"events":[]}', {
      ...delivery,
      reason: 'export_failed',
      detail: 'Error: no',
      pluginVersion: 'abc',
    });
    await admin.queues.send('deliveries-letters', '{}', { ...delivery, pluginConfig: '5' });

    const reply = await post('deliveries/redrive/', { plugin_config: 3 });

    expect(reply.body).toMatchObject({ redriven: 1, examined: 2, complete: true });
    expect(await inQueue('deliveries')).toEqual([{ body: '{"v":1,"events":[]}', attributes: delivery }]);
    expect(await admin.queues.count('deliveries-letters')).toEqual([1, 0]);
  });

  it('gives tasks and what was to be ingested back as they are, attributes of any type included', async () => {
    const task = taskText({ kind: 'job', id: 'j', plugin: 9, name: 'x', runAt: 0, hops: 0, retries: 0 });
    await admin.queues.send('tasks-letters', task);
    await admin.queues.sqs.send(
      new SendMessageCommand({
        QueueUrl: admin.queues.urls['ingestion-letters'],
        MessageBody: 'body',
        MessageAttributes: {
          reason: { DataType: 'String', StringValue: 'the consumer’s own' },
          n: { DataType: 'Number', StringValue: '7' },
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
        },
      }),
    );

    await post('tasks/redrive/', { plugin_config: 9 });
    await post('ingestion/redrive/', { all: true });

    expect((await inQueue('tasks')).map(({ body }) => body)).toEqual([task]);
    const [message] = await admin.queues.receiveAll('ingestion');
    expect(message?.MessageAttributes).toMatchObject({
      reason: { DataType: 'String', StringValue: 'the consumer’s own' },
      n: { DataType: 'Number', StringValue: '7' },
    });
    expect([...(message?.MessageAttributes?.['bytes']?.BinaryValue ?? [])]).toEqual([1, 2]);
  });

  it('can be of a reason, of some ids, and of so many; all others stay, and can be looked at as before', async () => {
    const first = await ofEvents('first');
    for (const name of ['second', 'third']) await ofEvents(name);
    for (const name of ['fourth', 'fifth', 'sixth']) await ofEvents(name, 'missing_event');

    const one = await post('events/redrive/', { ids: [first] });
    const ofReason = await post('events/redrive/', { reason: 'missing_event', limit: 2 });

    expect([one.body.redriven, ofReason.body.redriven, ofReason.body.complete]).toEqual([1, 2, false]);
    const names = (await inQueue('events')).map(({ body = '' }) => (JSON.parse(body) as { event: string }).event);
    expect(names).toContain('first');
    expect(names.filter((name) => ['fourth', 'fifth', 'sixth'].includes(name))).toHaveLength(2);
    expect(await admin.queues.count('events-letters')).toEqual([3, 0]);
  });

  it('leaves alone what came after it began, so that what ends here again does not go in circles', async () => {
    await ofEvents('old');
    const before = new Date(Date.now() + 50).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await ofEvents('new');

    const reply = await post('events/redrive/', { all: true, before });

    expect(reply.body).toMatchObject({ redriven: 1, examined: 2, before });
    expect((await inQueue('events')).map(({ body }) => body)).toEqual([event('old')]);
  });

  it('loses nothing when the process dies between sending and removing: the message is in both queues', async () => {
    await ofEvents('one');
    await using dying = await startWith(dies('DeleteMessageBatchCommand'));

    const reply = await dying.call({ method: 'POST', path: `${LETTERS}events/redrive/`, body: { all: true } });
    const again = await post('events/redrive/', { all: true });

    expect(reply.body).toMatchObject({ redriven: 1, not_removed: 1 });
    expect(again.body).toMatchObject({ redriven: 1, not_removed: 0 });
    expect((await inQueue('events')).map(({ body }) => body)).toEqual([event('one'), event('one')]);
    expect(await admin.queues.count('events-letters')).toEqual([0, 0]);
  });

  it('keeps what the queue does not take, says so, and stops', async () => {
    for (const name of ['one', 'two']) await ofEvents(name);
    const { events, ...others } = admin.deps.deadLetters;
    await using broken = await startWith({
      ...others,
      events: { ...events, sendBack: async (messages) => messages },
    });

    const reply = await broken.call({ method: 'POST', path: `${LETTERS}events/redrive/`, body: { all: true } });

    expect(reply.body).toMatchObject({ redriven: 0, not_removed: 0 });
    expect(reply.body.not_sent).toBeGreaterThan(0);
    expect(await admin.queues.count('events-letters')).toEqual([2, 0]);
  });

  it('gives back what it holds when receiving fails under way', async () => {
    for (let index = 0; index < 15; index++) await ofEvents(`${index}`);
    await using broken = await startWith(dies('ReceiveMessageCommand', 1));

    const reply = await broken.call({ path: `${LETTERS}events/` });

    expect([reply.status, reply.body.code]).toEqual([503, 'unavailable']);
    expect(await admin.queues.count('events-letters')).toEqual([15, 0]);
  });
});

describe('removing dead letters', () => {
  it('removes those that are named and no other, and is in the audit log', async () => {
    const gone = await ofEvents('one');
    await ofEvents('two');

    const reply = await post('events/delete/', { ids: [gone] });

    expect(reply.body).toMatchObject({ removed: 1, examined: 2, not_removed: 0, complete: true });
    expect((await admin.call({ path: `${LETTERS}events/` })).body.results).toMatchObject([{ body: event('two') }]);
    expect(await inQueue('events')).toEqual([]);
    const { body } = await admin.call({ path: '/api/audit_log/?limit=10' });
    expect(body.results).toContainEqual(
      expect.objectContaining({
        action: 'POST /api/dead_letters/{queue}/delete/',
        target: 'dead letters of events',
        status: 200,
        details: expect.objectContaining({ ids: [gone], removed: 1 }) as object,
      }),
    );
  });

  it.each([[{}], [{ limit: 5 }], [{ all: true, reason: 'x' }], [{ all: false }]])(
    'needs to be told which: %j is refused',
    async (body) => {
      await ofEvents('one');

      const reply = await post('events/delete/', body);

      expect([reply.status, reply.body.errors[0].path]).toEqual([400, 'body.all']);
      expect(await admin.queues.count('events-letters')).toEqual([1, 0]);
    },
  );
});

/** Dead letters of events whose queue fails with one kind of command, after so many that went well. */
function dies(command: string, goodOnes = 0): AdminUnderTest['deps']['deadLetters'] {
  let good = goodOnes;
  const { sqs, urls } = admin.queues;
  const send = (async (asked: ReceiveMessageCommand) => {
    if (asked.constructor.name === command && good-- <= 0)
      throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
    return sqs.send(asked);
  }) as typeof sqs.send;
  const letters = walkQueue({ sqs: { send }, queueUrl: urls['events-letters'], clock: () => performance.now() });
  return { ...admin.deps.deadLetters, events: { ...admin.deps.deadLetters.events, letters } };
}
