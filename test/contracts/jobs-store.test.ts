import { setTimeout as sleep } from 'node:timers/promises';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDispatchJobs, type DispatchJobsDeps } from '../../functions/dispatch-jobs/index.ts';
import { startQueueAndBucketServer } from '../../local/servers/queue-and-bucket-server.ts';
import { type AwsClients, createAwsClients } from '../../shared/aws/clients.ts';
import type { QueueMessage } from '../../shared/aws/group-messages.ts';
import { createObjectBucket } from '../../shared/aws/object-bucket.ts';
import { putObject } from '../../shared/aws/put-object.ts';
import { readObject } from '../../shared/aws/read-object.ts';
import { sendMessages } from '../../shared/aws/send-messages.ts';
import { createJobsStore } from '../../shared/state/jobs-store.ts';
import { createLaterJobs, type LaterJobs } from '../../shared/state/later-jobs.ts';
import { createSweepJobPayloads } from '../../shared/state/sweep-job-payloads.ts';
import { type Job, readTask } from '../../shared/state/task.ts';
import { startTestTable, TEST_CREDENTIALS, type TestTable } from '../support/dynamodb.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 1440 * MINUTE;
const START = Date.parse('2030-01-02T03:04:05.600Z');

let database: TestTable;
let files: TestBucket;
let queues: { server: Awaited<ReturnType<typeof startQueueAndBucketServer>>; sqs: AwsClients };
beforeAll(async () => {
  database = await startTestTable();
  files = await startTestBucket();
  const server = await startQueueAndBucketServer({ region: 'us-east-1' });
  const sqs = createAwsClients({
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    endpoints: { sqs: server.url },
  });
  queues = { server, sqs };
});
afterAll(async () => {
  queues.sqs.destroy();
  await queues.server.stop();
  await files[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

let tests = 0;

/** A store with nothing in it, a clock that the test moves, and what came to the queue. */
function emptyStore() {
  let time = START + ++tests * 100 * 86_400_000;
  const sent: QueueMessage[] = [];
  const reports: { dispatched: number; lateMilliseconds: number }[] = [];
  const now = () => time;
  const send = async (messages: QueueMessage[]): Promise<QueueMessage[]> => {
    sent.push(...messages);
    return [];
  };
  const later = createLaterJobs({ ...database, now: Date.now, sleep });
  // Every test has its own time, but there is one progress for all.
  let through: number | null = null;
  const ownProgress: LaterJobs = {
    ...later,
    dispatchedThrough: async () => through,
    setDispatchedThrough: async (minute) => void (through = Math.max(through ?? 0, minute)),
  };
  const store = createJobsStore({
    send,
    later,
    putObject: (key, content) => putObject(files.s3, files.bucket, key, content),
    now,
  });
  const dispatch = (overrides: Partial<DispatchJobsDeps> = {}, secondsLeft = 60) =>
    createDispatchJobs({
      later: ownProgress,
      send,
      report: (counts) => void reports.push(counts),
      now,
      ...overrides,
    })({}, { getRemainingTimeInMillis: () => secondsLeft * SECOND });
  const job = (name: string, inMilliseconds: number, more: Partial<Job> = {}): Job => ({
    kind: 'job',
    id: `${tests}-${name}`,
    plugin: 7,
    name,
    runAt: time + inMilliseconds,
    hops: 0,
    retries: 0,
    ...more,
  });
  return {
    store,
    later: ownProgress,
    dispatch,
    job,
    sent,
    reports,
    now,
    pass: (milliseconds: number) => void (time += milliseconds),
    /** `<name> <delay in seconds>` of what was sent, and forgets it. */
    take: () => sent.splice(0).map(({ body, delaySeconds }) => `${(readTask(body) as Job).name} ${delaySeconds}`),
  };
}

test('jobs due within 15 minutes go to the queue, which keeps them until their second, never before', async () => {
  const { store, job, take, sent } = emptyStore();

  await store.add([
    job('past', -5 * MINUTE),
    job('now', 0),
    job('soon', 1200),
    job('limit', 900_000, { payload: '{"x":"\uFFFF ä😀"}' }),
  ]);

  expect(readTask(sent[3]?.body ?? '')).toMatchObject({ payload: '{"x":"\uFFFF ä😀"}', plugin: 7 });
  expect(sent.every(({ group }) => group === '7')).toBe(true);
  expect(take()).toEqual(['past 0', 'now 0', 'soon 2', 'limit 900']);
});

test('the queue takes such messages as they are', async () => {
  const { store, job, sent } = emptyStore();
  const { sqs } = queues.sqs;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'tasks' }));
  await store.add([job('hostile \u0000 \uFFFE \ud800', 0, { payload: '"\uFFFE\uFFFF"' })]);

  const unsent = await sendMessages({ sqs, sleep }, QueueUrl, sent);

  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(unsent).toEqual([]);
  expect(readTask(Messages[0]?.Body ?? '')).toMatchObject({
    name: 'hostile \u0000 \uFFFE \ud800',
    payload: '"\uFFFE\uFFFF"',
  });
});

test('a later job waits in the table, and is sent ahead of its time, with what is left of it as delay', async () => {
  const { store, dispatch, job, take, pass, reports } = emptyStore();
  await dispatch();

  await store.add([job('later', 20 * MINUTE), job('never', Number.POSITIVE_INFINITY)]);
  const atOnce = take();
  const early: string[] = [];
  for (let minute = 1; minute < 15; minute++) {
    pass(MINUTE);
    await dispatch();
    early.push(...take());
  }
  pass(MINUTE);
  await dispatch();

  expect([atOnce, early, take()]).toEqual([[], [], ['later 300']]);
  expect(reports.at(-1)).toEqual({ dispatched: 1, lateMilliseconds: 0 });
});

test('a job is sent once, however often the rule fires, and two dispatchers at once send it with one id', async () => {
  const { store, dispatch, job, sent, pass } = emptyStore();
  await dispatch();
  await store.add(Array.from({ length: 300 }, (_, index) => job(`job ${index}`, 20 * MINUTE + index)));
  pass(16 * MINUTE);

  await dispatch();
  const first = sent.length;
  await dispatch();
  const second = sent.length;
  await store.add([job('again', 20 * MINUTE)]);
  pass(16 * MINUTE);
  await Promise.all([dispatch(), dispatch()]);

  expect([first, second]).toEqual([300, 300]);
  expect(new Set(sent.slice(second).map(({ body }) => body)).size).toBe(1);
});

test('what was due while no rule fired is sent as soon as one does', async () => {
  const { store, dispatch, job, take, pass, reports } = emptyStore();
  await dispatch();
  await store.add([job('a', 20 * MINUTE), job('b', 90 * MINUTE), job('c', 300 * MINUTE)]);

  pass(2 * 60 * MINUTE);
  await dispatch();

  expect(take()).toEqual(['a 0', 'b 0']);
  expect(reports.at(-1)?.lateMilliseconds).toBe(100 * MINUTE);
});

test('a crash between sending and taking out sends a job once more, and one before sending loses none', async () => {
  const { store, later, dispatch, job, take, pass } = emptyStore();
  await dispatch();
  await store.add([job('a', 20 * MINUTE)]);
  pass(16 * MINUTE);

  const crashing: LaterJobs = {
    ...later,
    async *pages(minute) {
      for await (const page of later.pages(minute))
        yield { ...page, remove: () => Promise.reject(new Error('crashed after sending')) };
    },
  };
  await expect(dispatch({ later: crashing })).rejects.toThrow('crashed after sending');
  const first = take();
  await expect(dispatch({ send: async (messages) => messages })).rejects.toThrow('1 of 1 jobs could not be sent');
  await dispatch();

  expect([first, take()]).toEqual([['a 240'], ['a 240']]);
});

test('a backlog that takes longer than the function has is gone on with next time', async () => {
  const { store, dispatch, job, take, pass } = emptyStore();
  await dispatch();
  await store.add([job('a', 20 * MINUTE), job('b', 22 * MINUTE)]);
  pass(30 * MINUTE);

  await dispatch({}, 5);
  for (let run = 0; run < 40; run++) await dispatch({}, 5);

  expect(take().sort()).toEqual(['a 0', 'b 0']);
});

test('a job that took long to be written is sent as well, since its minute may have passed', async () => {
  const { later, job, sent, pass } = emptyStore();
  let time = START;
  const store = createJobsStore({
    send: async (messages) => (sent.push(...messages), []),
    later: {
      put: async (jobs) => {
        await later.put(jobs);
        time += 6 * MINUTE;
      },
    },
    putObject: async () => {},
    now: () => time,
  });
  pass(0);

  await store.add([{ ...job('slow', 0), runAt: START + 15 * MINUTE + 1 }]);

  expect(sent.map(({ delaySeconds }) => delaySeconds)).toEqual([541]);
});

test('a large payload lies in the bucket, wherever its job waits', async () => {
  const { store, dispatch, job, sent, pass } = emptyStore();
  const payload = JSON.stringify('"'.repeat(5 * 1024 * 1024));
  await dispatch();

  await store.add([job('large', 0, { payload }), job('large later', 20 * MINUTE, { payload })]);
  pass(16 * MINUTE);
  await dispatch();

  const jobs = sent.map(({ body }) => readTask(body) as Job);
  expect(jobs.map(({ name, payload: inline }) => [name, inline])).toEqual([
    ['large', undefined],
    ['large later', undefined],
  ]);
  for (const { payloadKey = '' } of jobs) {
    const content = Buffer.from(await readObject(files.s3, files.bucket, payloadKey)).toString('utf8');
    expect(content === payload).toBe(true);
  }
});

test('the largest payload that needs no bucket fits into the table, whatever it is made of', async () => {
  const { store, dispatch, job, sent, pass } = emptyStore();
  const payload = `"${'\\\\'.repeat(94_999)}"`;
  await dispatch();

  await store.add([job('full', 20 * MINUTE, { payload })]);
  pass(16 * MINUTE);
  await dispatch();

  const [full] = sent.map(({ body }) => readTask(body) as Job);
  expect(full?.payloadKey).toBeUndefined();
  expect(full?.payload === payload).toBe(true);
});

test('payloads are swept when their job was due so long ago that it is nowhere any more, however old they are', async () => {
  const { store, job, sent, pass, now } = emptyStore();
  const payload = JSON.stringify('x'.repeat(300_000));
  const bucket = createObjectBucket(files.s3, files.bucket);
  const sweep = () => createSweepJobPayloads({ bucket, now })(() => true);
  await sweep();
  await store.add([
    job('now', 0, { payload }),
    job('due long before it was made', -10_000 * DAY, { payload }),
    job('in a year', 365 * DAY, { payload }),
    job('never', Number.POSITIVE_INFINITY, { payload }),
  ]);
  const [first] = sent.map(({ body }) => readTask(body) as Job);

  pass(44 * DAY);
  const early = await sweep();
  pass(2 * DAY);
  const late = await sweep();
  pass(365 * DAY);
  const afterAYear = await sweep();

  expect(first?.payloadKey).toMatch(/^job-payloads\/7\/\d{13}\//);
  expect([early, late, afterAYear].map(({ removed }) => removed)).toEqual([0, 2, 1]);
  expect(await bucket.get(String(first?.payloadKey))).toBeNull();
});

test('progress goes forward only', async () => {
  const later = createLaterJobs({ ...database, now: Date.now, sleep });

  const before = await later.dispatchedThrough();
  await later.setDispatchedThrough(100);
  await later.setDispatchedThrough(90);

  expect([before, await later.dispatchedThrough()]).toEqual([null, 100]);
});

test('what the queue does not take is an error, so that the batch comes again', async () => {
  const store = createJobsStore({
    send: async (messages) => messages.slice(1),
    later: { put: async () => {} },
    putObject: async () => {},
    now: () => START,
  });
  const { job } = emptyStore();

  await expect(store.add([job('a', 0), job('b', 0)].map((one) => ({ ...one, runAt: START })))).rejects.toThrow(
    '1 of 2 jobs could not be sent',
  );
});
