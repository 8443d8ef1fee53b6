import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createDeliverEvents, type DeliverEventsDeps } from '../../../functions/deliver-events/index.ts';
import { readDeliveryRecord } from '../../../functions/deliver-events/read-delivery-record.ts';
import type { DeliveryFacts } from '../../../functions/deliver-events/report-deliveries.ts';
import { type RecordMessage } from '../../../functions/deliver-events/rest-messages.ts';
import { deliveryMessages } from '../../../functions/delivery-message.ts';
import type { FailedExport } from '../../../functions/exports/failed-export.ts';
import { readDelivery } from '../../../shared/event/read-delivery.ts';
import { DEFAULT_MESSAGE_LIMITS } from '../../../shared/event/read-message.ts';
import type { EndedExport } from '../../../shared/host/child-session.ts';
import type { DeliveryResult, IncomingDelivery } from '../../../shared/host/run-deliveries.ts';
import type { DeliveryAccount } from '../../../shared/sandbox/delivery.ts';
import { hookError } from '../process-events/batch-result.ts';

const record = (messageId: string, pluginConfig: number, more = {}): SQSRecord => {
  const [{ body, attributes } = { body: '', attributes: {} }] = deliveryMessages([pluginConfig], {
    body: `body of ${messageId}`,
    events: 2,
    ...more,
  });
  const messageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
  );
  return { messageId, body, messageAttributes } as unknown as SQSRecord;
};

const account = (overrides: Partial<DeliveryAccount> = {}): DeliveryAccount => ({
  events: 2,
  exported: 2,
  notExported: 0,
  givenBack: 0,
  failed: 0,
  ...overrides,
});

const ended = (overrides: Partial<EndedExport> = {}): EndedExport => ({
  plugin: 7,
  round: 0,
  record: 0,
  position: 0,
  events: 4,
  parts: [
    { record: 0, events: 2 },
    { record: 1, events: 2 },
  ],
  lines: '',
  ...overrides,
});

function harness(result: Partial<DeliveryResult>, overrides: Partial<DeliverEventsDeps> = {}) {
  const kept = { retries: [] as FailedExport[], buried: [] as FailedExport[] };
  const given: IncomingDelivery[] = [];
  const sentOn: RecordMessage[] = [];
  const reports: DeliveryFacts[] = [];
  const handler = createDeliverEvents({
    plugins: { refresh: async () => {}, find: () => ({ plugin: { codeHash: 'c0de' } }) as never },
    host: {
      async deliver(deliveries) {
        given.push(...deliveries);
        const empty = {
          exports: [],
          rests: [],
          errors: [],
          logs: [],
          logsDropped: 0,
          cpuMicroseconds: 0,
          verdicts: [],
        };
        return { accounts: [account(), account(), account()], ...empty, ...result };
      },
    },
    async sendOn(messages) {
      sentOn.push(...messages);
      return [];
    },
    startRetry: async (failed) => void kept.retries.push(failed),
    bury: async (failed) => void kept.buried.push(failed),
    recordPluginErrors: async () => {},
    report: (facts) => void reports.push(facts),
    warn: () => {},
    clock: () => 0,
    ...overrides,
  });
  const Records = [record('a', 7), record('b', 7, { hops: 3 }), record('c', 8, { only: 'exportEvents', round: '2' })];
  const run = async () => {
    const { batchItemFailures } = await handler({ Records }, { getRemainingTimeInMillis: () => 25_000 });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { run, kept, given, sentOn, reports };
}

const measured = ({ reports }: ReturnType<typeof harness>) =>
  Object.fromEntries((reports[0]?.result.metrics ?? []).map(({ name, value }) => [name, value]));

describe('deliver-events', () => {
  it('hands on what each message says about itself, and acknowledges all', async () => {
    const test = harness({ exports: [ended(), ended({ events: 1, parts: [{ record: 1, events: 1 }] })] });

    expect(await test.run()).toEqual([]);

    expect(test.given).toEqual([
      { plugin: 7, events: 2, round: 0, only: undefined, hops: 0, body: 'body of a' },
      { plugin: 7, events: 2, round: 0, only: undefined, hops: 3, body: 'body of b' },
      { plugin: 8, events: 2, round: 2, only: 'exportEvents', hops: 0, body: 'body of c' },
    ]);
    expect(test.reports[0]?.result.metrics).toHaveLength(2);
    expect(measured(test)).toEqual({ events_seen: 5, events_delivered_successfully: 5 });
  });

  it('acknowledges events that are tried again later, with the version that failed', async () => {
    const error = hookError({ name: 'RetryError', retry: true });
    const test = harness({ exports: [ended({ error, lines: '{}' })] });

    expect(await test.run()).toEqual([]);

    expect(test.kept.retries).toMatchObject([
      { pluginConfig: 7, events: 4, lines: '{}', pluginVersion: 'c0de', error },
    ]);
    expect(measured(test)).toEqual({ events_seen: 4, retry_errors: 4 });
  });

  it('keeps with what failed the most hops of its events, and with events that are sent on their own', async () => {
    const error = hookError({ retry: true });
    const test = harness({
      exports: [ended({ error, lines: '{}' }), ended({ error, lines: '{}', parts: [{ record: 0, events: 4 }] })],
      accounts: [account({ exported: 0, notExported: 1, givenBack: 1 }), account({ unfinished: 'later' }), account()],
      rests: [
        { record: 0, events: 1, lines: '{"event":"a"}' },
        { record: 1, events: 1, lines: '{"event":"b"}' },
      ],
    });

    await test.run();

    expect(test.kept.retries.map(({ hops }) => hops)).toEqual([3, undefined]);
    expect(test.sentOn.map(({ attributes }) => attributes.hops)).toEqual(['3', undefined, '3']);
  });

  it('makes dead letters of events that no retry would help', async () => {
    const test = harness({ exports: [ended({ error: hookError(), lines: '{}' })] });

    expect(await test.run()).toEqual([]);

    expect(test.kept).toMatchObject({ retries: [], buried: [{ pluginConfig: 7, lines: '{}' }] });
    expect(measured(test)).toEqual({ events_seen: 4, other_errors: 4, undelivered_events: 4 });
  });

  it('lets messages come again when what failed could not be kept, and does not count it', async () => {
    const test = harness(
      { exports: [ended({ error: hookError({ retry: true }) })] },
      { startRetry: () => Promise.reject(new Error('S3 is away')) },
    );

    expect(await test.run()).toEqual(['a', 'b']);
    expect(measured(test)).toEqual({});
  });

  it('lets unfinished messages come again, and only those', async () => {
    const test = harness({ accounts: [account(), account({ unfinished: 'absent' }), account()] });

    expect(await test.run()).toEqual(['b']);
  });

  const PARTLY: Partial<DeliveryResult> = {
    accounts: [account({ exported: 0, notExported: 1, givenBack: 1 }), account({ unfinished: 'later' }), account()],
    rests: [{ record: 0, events: 1, lines: '{"event":"b"}' }],
  };

  it('sends events on that there was no time for, and messages that were not begun as they came', async () => {
    const test = harness(PARTLY);

    expect(await test.run()).toEqual([]);

    expect(test.sentOn).toMatchObject([
      { record: 1, body: 'body of b', group: '7', attributes: { pluginConfig: '7', events: '2' } },
      { record: 0, group: '7', attributes: { pluginConfig: '7', events: '1' } },
    ]);
    expect(readDelivery(test.sentOn[1]?.body ?? '', DEFAULT_MESSAGE_LIMITS)).toEqual(['{"event":"b"}']);
  });

  it('lets a message come again whose events could not be sent on', async () => {
    const test = harness(PARTLY, { sendOn: async (messages) => messages });

    expect(await test.run()).toEqual(['b', 'a']);
  });

  it('acknowledges nothing, by throwing, when the host fails', async () => {
    const test = harness({}, { host: { deliver: () => Promise.reject(new Error('broken')) } });

    await expect(test.run()).rejects.toThrow('broken');
  });
});

it('a message that says nothing about itself is for nobody, so that it ends among the dead letters', () => {
  const nothing = { messageId: 'a', body: '{}', messageAttributes: {} } as unknown as SQSRecord;

  expect(readDeliveryRecord(nothing)).toMatchObject({ plugin: -1, round: 0, events: undefined });
});
