import { randomBytes, randomUUID } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../../shared/event/read-message.ts';
import { PLUGIN_LIBRARY } from '../../../shared/sources/plugin-library.ts';
import type { PluginLogLine } from '../../../shared/state/plugin-log.ts';
import { createPluginLogStore } from '../../../shared/state/plugin-log-store.ts';
import { createPluginMetricsStore } from '../../../shared/state/plugin-metrics-store.ts';
import { createTableCalls } from '../../../shared/state/table-calls.ts';
import { readTask } from '../../../shared/state/task.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

let admin: AdminUnderTest;
/** Plugin configs: enabled, and disabled. */
const ids = { config: 0, disabled: 0, unloaded: 0 };

const MANIFEST = {
  name: 'Exporter',
  publicJobs: {
    export: {
      payload: {
        from: { type: 'date', required: true },
        batch: { type: 'number', default: 100 },
        dryRun: { type: 'boolean' },
      },
    },
  },
};
const CODE = 'exports.jobs = { export() {}, cleanUp() {} };';

beforeAll(async () => {
  admin = await startAdmin();
  const { body: project } = await post('/api/projects/', { name: 'One' });
  const source = { 'plugin.json': JSON.stringify(MANIFEST), 'index.js': CODE };
  const { body: plugin } = await post('/api/organizations/@current/plugins/', { source });
  const unloaded = await admin.installPlugin({ name: 'Never loaded' });
  const configured = async (of: number, enabled: boolean) =>
    (await post('/api/plugin_config/', { plugin: of, team_id: project.id, enabled })).body.id as number;
  ids.config = await configured(plugin.id, true);
  ids.disabled = await configured(plugin.id, false);
  ids.unloaded = await configured(unloaded, true);
});
afterAll(() => admin[Symbol.asyncDispose]());

const post = (path: string, body: unknown) => admin.call({ method: 'POST', path, body });
const run = (job: object, more: object = {}, config = ids.config) =>
  post(`/api/plugin_config/${config}/job/`, { job, ...more });

async function sentTasks() {
  const messages = await admin.queues.receiveAll('tasks');
  return messages.map(({ Body = '' }) => readTask(Body));
}

describe('a job', () => {
  beforeEach(() => admin.queues.receiveAll('tasks'));

  it('that plugin.json has as a public one runs now, with defaults and the operation', async () => {
    const reply = await run({ type: 'export', payload: { from: '2026-03-01' } });

    expect([reply.status, reply.body]).toEqual([
      202,
      { id: expect.any(String) as string, type: 'export', run_at: new Date(admin.clock.now).toISOString() },
    ]);
    const [task, ...others] = await sentTasks();
    expect(others).toEqual([]);
    expect(task).toMatchObject({ kind: 'job', plugin: ids.config, name: 'export', id: reply.body.id, retries: 0 });
    expect(JSON.parse((task as { payload: string }).payload)).toEqual({
      from: '2026-03-01',
      batch: 100,
      $operation: 'start',
    });
  });

  it('that is not public takes any payload; a large one lies in the bucket', async () => {
    const text = 'x'.repeat(300_000);

    const reply = await run({ type: 'cleanUp', payload: { text }, operation: 'stop' });

    expect(reply.status).toBe(202);
    const [task] = await sentTasks();
    const { payloadKey: Key } = task as { payloadKey: string };
    const { s3, bucket: Bucket } = admin.bucket;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(JSON.parse((await Body?.transformToString()) ?? '')).toEqual({ text, $operation: 'stop' });
  });

  it('can wait: in the queue for a quarter of an hour, in the table for longer', async () => {
    const soon = await run({ type: 'cleanUp' }, { run_in_seconds: 600 });
    const later = await run({ type: 'cleanUp' }, { run_in_seconds: 86_400 });

    expect(later.body.run_at).toBe(new Date(admin.clock.now + 86_400_000).toISOString());
    expect([soon.status, await sentTasks()]).toEqual([202, []]);
    const minute = Math.floor((admin.clock.now + 86_400_000) / 60_000);
    const { dynamodb, table } = admin.stateTable;
    const shards = await Promise.all(
      Array.from({ length: 8 }, (_, shard) =>
        dynamodb.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': `jobs#${minute}#${shard}` },
          }),
        ),
      ),
    );
    expect(shards.flatMap(({ Items = [] }) => Items.map(({ job }) => readTask(String(job))))).toMatchObject([
      { id: later.body.id, name: 'cleanUp' },
    ]);
  });

  it('that is asked for twice with an id is the same job, and no other plugin config can name it', async () => {
    const id = randomUUID();

    const replies = [await run({ type: 'cleanUp' }, { id }), await run({ type: 'cleanUp' }, { id })];

    expect(replies.map(({ body }) => body.id)).toEqual([`${ids.config}-${id}`, `${ids.config}-${id}`]);
    expect(new Set((await sentTasks()).map((task) => (task as { id: string }).id)).size).toBe(1);
  });

  it.each([
    [{ type: 'exprot' }, 'body.job.type', 'the plugin has no such job; there are export, cleanUp'],
    [{ type: '__proto__' }, 'body.job.type', 'the plugin has no such job; there are export, cleanUp'],
    [{ type: 'export' }, 'body.job.payload.from', 'is missing'],
    [{ type: 'export', payload: { from: 'soon' } }, 'body.job.payload.from', 'must be a date such as 2026-03-02'],
    [{ type: 'export', payload: { from: '2026-03-01', batch: '7' } }, 'body.job.payload.batch', 'must be a number'],
    [
      { type: 'export', payload: { from: '2026-03-01', until: 1 } },
      'body.job.payload.until',
      'there is no such field; there are from, batch, dryRun',
    ],
    [
      { type: 'export', payload: { from: '2026-03-01', dryRun: 'yes' } },
      'body.job.payload.dryRun',
      'must be true or false',
    ],
  ])('as %j is refused with what is wrong, and not run', async (job, path, message) => {
    const reply = await run(job);

    expect([reply.status, reply.body.errors]).toEqual([400, [{ path, message }]]);
    expect(await sentTasks()).toEqual([]);
  });

  it('of a plugin config that is disabled is refused: it would be dropped', async () => {
    const reply = await run({ type: 'cleanUp' }, {}, ids.disabled);

    expect([reply.status, reply.body.detail]).toEqual([
      409,
      `Plugin config ${ids.disabled} is disabled, so its jobs would be dropped; enable it`,
    ]);
    expect(await sentTasks()).toEqual([]);
  });

  it('is in the audit log, without its payload', async () => {
    const { id } = (await run({ type: 'cleanUp', payload: { apiKey: 'planted-9c' } })).body;

    const { body } = await admin.call({ path: '/api/audit_log/?limit=2' });
    expect(body.results).toContainEqual(
      expect.objectContaining({
        action: 'POST /api/plugin_config/{id}/job/',
        target: `plugin config ${ids.config}`,
        details: { job: 'cleanUp', operation: 'start', run_in_seconds: 0, id },
        status: 202,
      }),
    );
    expect(JSON.stringify(body)).not.toContain('planted-9c');
  });

  it('can be found: those of plugin.json with their fields, and all that loading the plugin has shown', async () => {
    const { body } = await admin.call({ path: `/api/plugin_config/${ids.config}/job/` });
    const { body: none } = await admin.call({ path: `/api/plugin_config/${ids.unloaded}/job/` });

    expect(body.results).toEqual([
      { type: 'export', public: true, payload: MANIFEST.publicJobs.export.payload },
      { type: 'cleanUp', public: false, payload: null },
    ]);
    expect(none.results).toEqual([]);
  });
});

describe('the log of a plugin config', () => {
  const path = () => `/api/plugin_config/${ids.config}/logs/`;
  const messages = ({ body }: { body: { results: { message: string }[] } }) =>
    body.results.map(({ message }) => message);

  async function say(...lines: [type: PluginLogLine['type'], source: PluginLogLine['source'], message: string][]) {
    const now = () => (admin.clock.now += 1);
    const store = createPluginLogStore({ instanceId: randomUUID(), now });
    for (const [type, source, message] of lines) store.add(ids.config, { timestamp: now(), type, source, message });
    await store.flush(createTableCalls({ ...admin.stateTable, now, sleep: async () => {} }));
  }

  beforeAll(async () => {
    await say(['INFO', 'SYSTEM', 'Plugin loaded'], ['LOG', 'CONSOLE', 'Export of 1']);
    await say(['WARN', 'CONSOLE', 'export of 2 is slow'], ['ERROR', 'PLUGIN', 'TypeError: no']);
  });

  it('is shown with the newest line first, page by page', async () => {
    const first = await admin.call({ path: `${path()}?limit=3` });
    const second = await admin.call({ path: first.body.next });

    expect(messages(first)).toEqual(['TypeError: no', 'export of 2 is slow', 'Export of 1']);
    expect(first.body.results[0]).toEqual({
      id: expect.any(String) as string,
      timestamp: expect.stringMatching(/^2026-03-02T/) as string,
      source: 'PLUGIN',
      type: 'ERROR',
      message: 'TypeError: no',
      instance_id: expect.any(String) as string,
    });
    expect([messages(second), second.body.next]).toEqual([['Plugin loaded'], null]);
  });

  it.each([
    ['type_filter=ERROR', ['TypeError: no']],
    ['type_filter=ERROR&type_filter=WARN', ['TypeError: no', 'export of 2 is slow']],
    ['source_filter=CONSOLE', ['export of 2 is slow', 'Export of 1']],
    ['search=EXPORT%20of', ['export of 2 is slow', 'Export of 1']],
    ['search=EXPORT&type_filter=LOG', ['Export of 1']],
    ['search=nothing', []],
  ])('can be searched: %s', async (query, expected) => {
    expect(messages(await admin.call({ path: `${path()}?${query}` }))).toEqual(expected);
  });

  it('can be followed: each line that comes is given once, from a cursor or a time on', async () => {
    const { body: before } = await admin.call({ path: `${path()}?limit=1` });
    const since = new Date(admin.clock.now + 1).toISOString();
    await say(['LOG', 'CONSOLE', 'new 1'], ['LOG', 'CONSOLE', 'new 2']);

    const came = await admin.call({ path: `${path()}?after=${before.after}&limit=1` });
    const rest = await admin.call({ path: came.body.next });
    const nothing = await admin.call({ path: `${path()}?after=${rest.body.after}` });
    const ofTime = await admin.call({ path: `${path()}?after=${since}` });

    expect([messages(came), messages(rest), messages(nothing)]).toEqual([['new 1'], ['new 2'], []]);
    expect(nothing.body.next).toBeNull();
    expect(messages(ofTime)).toEqual(['new 1', 'new 2']);
  });

  it.each([
    ['before=nonsense', 'query.before'],
    ['after=nonsense', 'query.after'],
    ['before=a&after=b', 'query.after'],
    ['type_filter=FATAL', 'query.type_filter.0'],
    ['type_filter=ERROR&type_filter=FATAL', 'query.type_filter.1'],
    ['limit=1&limit=2', 'query.limit'],
    ['search=', 'query.search'],
  ])('with %s is refused with its place', async (query, place) => {
    const reply = await admin.call({ path: `${path()}?${query}` });

    expect([reply.status, reply.body.errors?.[0].path]).toEqual([400, place]);
  });
});

describe('the metrics of a plugin config', () => {
  it('are shown hour by hour: its own, and what functions count; by name, and from when to when', async () => {
    const now = () => admin.clock.now;
    const store = createPluginMetricsStore({ functionName: 'process-events', instanceId: randomUUID(), now });
    const measure = async (seen: number, largest: number) => {
      store.add(ids.config, [
        { source: 'host', name: 'EventsSeen', operation: 'sum', value: seen },
        { source: 'plugin', name: 'largest, so far', operation: 'max', value: largest },
      ]);
      await store.flush(createTableCalls({ ...admin.stateTable, now, sleep: async () => {} }));
    };
    const path = `/api/plugin_config/${ids.config}/metrics/`;
    const firstHour = new Date(Math.floor(now() / 3_600_000) * 3_600_000).toISOString();
    await measure(7, 3);
    admin.clock.now += 3_600_000;
    const from = new Date(now()).toISOString();
    await measure(5, 9);

    const all = await admin.call({ path });
    const named = await admin.call({ path: `${path}?name=EventsSeen&name=other` });
    const late = await admin.call({ path: `${path}?from=${from}` });
    const before = await admin.call({ path: `${path}?to=2026-03-01T00:00:00Z` });

    const secondHour = new Date(Date.parse(firstHour) + 3_600_000).toISOString();
    const points = (first: number, second: number) => [
      { time: firstHour, value: first },
      { time: secondHour, value: second },
    ];
    expect(all.body.results).toEqual([
      { name: 'EventsSeen', operation: 'sum', source: 'host', function: 'process-events', points: points(7, 5) },
      { name: 'largest, so far', operation: 'max', source: 'plugin', function: null, points: points(3, 9) },
    ]);
    expect(named.body.results).toEqual([all.body.results[0]]);
    expect(late.body.results[0].points).toEqual([{ time: secondHour, value: 5 }]);
    expect([before.body.results, before.body.from]).toEqual([[], '2026-02-28T00:00:00.000Z']);
  });

  it.each([
    ['from=yesterday', 'query.from'],
    ['from=2026-03-02T08:00:00Z&to=2026-03-01T08:00:00Z', 'query.from'],
    ['to=9', 'query.to'],
  ])('with %s are refused with the place', async (query, place) => {
    const reply = await admin.call({ path: `/api/plugin_config/${ids.config}/metrics/?${query}` });

    expect([reply.status, reply.body.errors?.[0].path]).toEqual([400, place]);
  });
});

describe('sending events', () => {
  const send = (events: unknown[]) => post('/api/projects/1/events/', { events });
  const inQueue = async () =>
    (await admin.queues.receiveAll('events')).flatMap(({ Body = '' }) => readMessage(Body, DEFAULT_MESSAGE_LIMITS));

  beforeEach(() => admin.queues.receiveAll('events'));

  it('puts them packed into the queue, as the project’s, with uuids and the time at which they came', async () => {
    const uuid = randomUUID();

    const reply = await send([
      { event: 'one', distinct_id: 'me', uuid, now: '2026-01-01T00:00:00Z' },
      { event: 'two', distinct_id: 7, team_id: '1', properties: { text: '\uFFFF' } },
    ]);

    expect(reply.status).toBe(202);
    expect(reply.body.uuids).toEqual([uuid, expect.stringMatching(/^[0-9a-f-]{36}$/) as string]);
    expect(await inQueue()).toEqual([
      { event: 'one', distinct_id: 'me', uuid, now: '2026-01-01T00:00:00Z', team_id: 1 },
      {
        event: 'two',
        distinct_id: '7',
        uuid: reply.body.uuids[1],
        now: new Date(admin.clock.now).toISOString(),
        team_id: 1,
        properties: { text: '\uFFFF' },
      },
    ]);
  });

  it('sends none when one is wrong, and names each that is', async () => {
    const reply = await send([
      { event: 'fine', distinct_id: 'me' },
      { distinct_id: 'me' },
      { event: 'x', distinct_id: null },
      { event: 'x', distinct_id: 'me', team_id: 2 },
    ]);

    expect(reply.body.errors).toEqual([
      { path: 'body.events.1.event', message: '`event` must be a non-empty string; got undefined' },
      {
        path: 'body.events.2.distinct_id',
        message: '`distinct_id` must be a non-empty string or a number; got null',
      },
      { path: 'body.events.3.team_id', message: 'must be 1, or left out: it is the project in the path' },
    ]);
    expect(await inQueue()).toEqual([]);
  });

  it('refuses what fits into no message, and says which', async () => {
    const letters = Array.from({ length: 94 }, (_, index) => String.fromCodePoint(33 + index)).filter(
      (letter) => letter !== '"' && letter !== '\\',
    );
    const noise = Array.from(randomBytes(1_040_000), (byte) => letters[byte % letters.length]).join('');

    const reply = await send([{ event: 'noise', distinct_id: 'x', noise }]);

    expect([reply.status, reply.body.errors]).toEqual([
      400,
      [{ path: 'body.events.0', message: 'fits into no message of 1040000 bytes, compressed' }],
    ]);
    expect(await inQueue()).toEqual([]);
  });

  it('that the queue does not take can be done again: it says so', async () => {
    await using broken = await startAdmin({ sendEvents: async (messages) => messages });
    await broken.deps.projects.create({ name: 'One' });
    const body = { events: [{ event: 'x', distinct_id: 'y' }] };

    const reply = await broken.call({ method: 'POST', path: '/api/projects/1/events/', body });

    expect([reply.status, reply.body.code, reply.headers['retry-after']]).toEqual([503, 'unavailable', '1']);
    expect(reply.body.detail).toContain('1 of 1 messages could not be sent');
  });
});

it('the library of plugins can be listed, and each can be installed by its name', async () => {
  const { body } = await admin.call({ path: '/api/organizations/@current/plugins/repository/' });

  expect(body).toHaveLength(PLUGIN_LIBRARY.length);
  for (const { name, url } of body as { name: string; url: string }[])
    expect([name, admin.deps.sources.parse(name).source]).toEqual([name, admin.deps.sources.parse(url).source]);
});
