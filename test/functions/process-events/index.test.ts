import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { DeadLetterMessage } from '../../../functions/process-events/dead-letters.ts';
import {
  createProcessEvents,
  type ProcessEventsDeps,
  type RecordDelivery,
} from '../../../functions/process-events/index.ts';
import type { BatchFacts } from '../../../functions/process-events/report-batch.ts';
import type { OutgoingMessage } from '../../../shared/host/child-session.ts';
import type { IncomingRecord } from '../../../shared/host/run-batch.ts';
import { account, batchResult } from './batch-result.ts';

/** Three messages: two are packed together, of the third came a message and a dead letter. */
const RESULT = batchResult({
  messages: [
    { body: 'of 0 and 1', events: 2, records: [0, 1] },
    { body: 'of 2', events: 1, records: [2] },
  ],
  accounts: [account(), account(), account({ events: 2, deadLetters: 1 })],
  deadLetters: [{ record: 2, position: 1, reason: 'missing_event', detail: 'none', body: '{}' }],
});

const EVENT = {
  Records: [
    { messageId: 'a', body: 'body of a' },
    { messageId: 'b', body: 'body of b', messageAttributes: { hops: { stringValue: '3', dataType: 'String' } } },
    { messageId: 'c', body: 'body of c', messageAttributes: { hops: { stringValue: 'many', dataType: 'String' } } },
  ],
} as unknown as SQSEvent;

function harness(overrides: Partial<ProcessEventsDeps> = {}) {
  const steps: string[] = [];
  const sent = {
    messages: [] as OutgoingMessage[],
    deliveries: [] as RecordDelivery[],
    deadLetters: [] as DeadLetterMessage[],
  };
  const reports: BatchFacts[] = [];
  const deadlines: number[] = [];
  const given: IncomingRecord[] = [];
  const handler = createProcessEvents({
    plugins: { refresh: async () => void steps.push('refresh') },
    host: {
      async run(records, deadline) {
        given.push(...records);
        steps.push('run');
        deadlines.push(deadline);
        return RESULT;
      },
    },
    async sendToIngestion(messages) {
      sent.messages.push(...messages);
      return [];
    },
    async sendToDeliveries(messages) {
      sent.deliveries.push(...messages);
      return [];
    },
    async sendToDeadLetters(messages) {
      sent.deadLetters.push(...messages);
      return [];
    },
    recordPluginErrors: async () => void steps.push('record errors'),
    report: (facts) => void reports.push(facts),
    clock: () => 1000,
    ...overrides,
  });
  const run = () => handler(EVENT, { getRemainingTimeInMillis: () => 25_000 });
  return { run, steps, sent, reports, deadlines, given };
}

const failedIds = async (run: () => ReturnType<ReturnType<typeof createProcessEvents>>) =>
  (await run()).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

describe('process-events', () => {
  it('looks at the registry, runs the batch, sends what came of it and acknowledges all', async () => {
    const { run, steps, sent, reports } = harness();

    expect(await failedIds(run)).toEqual([]);

    expect(steps).toEqual(['refresh', 'run', 'record errors']);
    expect(sent.messages).toEqual(RESULT.messages);
    expect(sent.deadLetters).toMatchObject([{ body: '{}', attributes: { sourceMessageId: 'c', position: '1' } }]);
    expect(reports).toMatchObject([{ failed: new Set(), milliseconds: 0 }]);
  });

  it('hands on how many captures have led to a message, and in what goes to plugins afterwards', async () => {
    const delivery = { body: 'of 1', plugins: [7], events: 1, records: [1], hops: 3 };
    const test = harness();
    const delivering = harness({ host: { run: async () => ({ ...RESULT, deliveries: [delivery] }) } });

    await test.run();
    await delivering.run();

    expect(test.given).toEqual([
      { messageId: 'a', body: 'body of a', hops: 0 },
      { messageId: 'b', body: 'body of b', hops: 3 },
      { messageId: 'c', body: 'body of c', hops: 0 },
    ]);
    expect(delivering.sent.deliveries[0]?.attributes).toEqual({ pluginConfig: '7', events: '1', hops: '3' });
  });

  it('leaves time for sending when it tells the host its deadline', async () => {
    const { run, deadlines } = harness();

    await run();

    expect(deadlines).toEqual([1000 + 25_000 - 3000]);
  });

  it('lets a message that was not finished come again, its dead letters with it, and sends what was finished', async () => {
    const unfinished = {
      ...RESULT,
      accounts: [account(), account(), account({ events: 2, deadLetters: 1, unfinished: true })],
    };
    const { run, sent } = harness({ host: { run: async () => unfinished } });

    expect(await failedIds(run)).toEqual(['c']);

    expect(sent.messages).toEqual(RESULT.messages);
    expect(sent.deadLetters).toEqual([]);
  });

  it('does not acknowledge any message whose events were in an output that could not be sent', async () => {
    const { run, reports } = harness({ sendToIngestion: async ([first]) => [first as OutgoingMessage] });

    expect(await failedIds(run)).toEqual(['a', 'b']);
    expect(reports[0]?.failed).toEqual(new Set([0, 1]));
  });

  it('sends a delivery once for each of its plugin configs, under its id, and does not acknowledge its source when it cannot', async () => {
    const delivery = { body: 'of 1', plugins: [7, 8], events: 1, records: [1] };
    const host = { run: async () => ({ ...RESULT, deliveries: [delivery] }) };
    const { run, sent } = harness({ host });

    expect(await failedIds(run)).toEqual([]);

    expect(sent.deliveries).toEqual([
      { body: 'of 1', attributes: { pluginConfig: '7', events: '1' }, group: '7', records: [1] },
      { body: 'of 1', attributes: { pluginConfig: '8', events: '1' }, group: '8', records: [1] },
    ]);
    const refusing = harness({ host, sendToDeliveries: async ([, second]) => [second as RecordDelivery] });
    expect(await failedIds(refusing.run)).toEqual(['b']);
  });

  it('does not acknowledge a message whose dead letter could not be sent', async () => {
    const { run } = harness({ sendToDeadLetters: async (letters) => letters });

    expect(await failedIds(run)).toEqual(['c']);
  });

  it('names a message once when both its output and its dead letter could not be sent', async () => {
    const { run } = harness({ sendToIngestion: async (all) => all, sendToDeadLetters: async (all) => all });

    expect(await failedIds(run)).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, Partial<ProcessEventsDeps>]>([
    ['the host fails', { host: { run: () => Promise.reject(new Error('broken')) } }],
    [
      'the registry cannot be read at a cold start',
      { plugins: { refresh: () => Promise.reject(new Error('broken')) } },
    ],
    ['sending fails in a way it should not', { sendToIngestion: () => Promise.reject(new Error('broken')) }],
  ])('acknowledges nothing, by throwing, when %s', async (_, overrides) => {
    const { run, reports } = harness(overrides);

    await expect(run()).rejects.toThrow('broken');
    expect(reports).toEqual([]);
  });
});
