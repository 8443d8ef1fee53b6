import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../../shared/event/check-event.ts';
import { DEFAULT_PACK_LIMITS } from '../../../shared/event/pack-events.ts';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { DEFAULT_MESSAGE_LIMITS } from '../../../shared/event/read-message.ts';
import { createChainRunner } from '../../../shared/pipeline/chain.ts';
import type { Chain } from '../../../shared/pipeline/event-run.ts';
import { runBatch } from '../../../shared/sandbox/batch.ts';
import { createBatchReport } from '../../../shared/sandbox/batch-report.ts';
import type { FrameWriter } from '../../../shared/sandbox/frames.ts';
import { FRAME, type MessageHeader, type Running } from '../../../shared/sandbox/protocol.ts';
import { eventOf } from '../../support/plugin-host.ts';

type Answer = (event: PluginEvent) => unknown;

interface Options {
  records: unknown[][];
  plugins?: Answer[];
  maxOutputBytes?: number;
  careful?: boolean;
}

/** Runs a batch in this process, with a clock that only moves when `wait` says so; the batch stops at 1000. */
function prepare({ records, plugins = [], maxOutputBytes = 1_000_000, careful = false }: Options) {
  let now = 0;
  const sent: MessageHeader[] = [];
  const announced: Running[] = [];
  const report = createBatchReport(() => now);
  const runner = createChainRunner({
    onFailure: () => {},
    timeoutError: () => new Error('late'),
    timeoutsBeforeSuspension: 2,
  });
  const chain: Chain = {
    plugins: plugins.map((processEvent, index) => ({
      id: index + 1,
      label: `Plugin ${index + 1}`,
      processEvent,
      meta: {},
      processAsCause: null,
      suspended: null,
      timeouts: 0,
    })),
    succeeded: [],
    deferred: [],
  };
  const writer = {
    sendWithHeader: (_type: number, header: MessageHeader) => void sent.push(header),
    sendJson: (type: number, value: unknown) => void (type === FRAME.running && announced.push(value as Running)),
    drained: async () => {},
  } as unknown as FrameWriter;
  const bodies = records.map((events) => JSON.stringify({ v: 1, events }));
  const run = async () => {
    await runBatch(
      {
        messageIds: records.map((_, index) => `message-${index}`),
        careful,
        skips: [],
        suspended: [],
        softLimitMilliseconds: 1000,
      },
      1000,
      async () => bodies.shift() as string,
      {
        configure: {
          hookTimeoutMilliseconds: 1000,
          aliveEveryMilliseconds: 200,
          allowPrivateNetworks: false,
          format: 'event',
          compression: { algorithm: 'none' },
          packLimits: DEFAULT_PACK_LIMITS,
          messageLimits: DEFAULT_MESSAGE_LIMITS,
          concurrency: 10,
          timeoutsBeforeSuspension: 2,
          maxOutputBytes,
          librariesFolder: '/nowhere',
        },
        chains: new Map([[1, chain]]),
        runner,
        report,
        writer,
        parse: JSON.parse,
        checkEvent,
        clock: () => now,
      },
    );
    return { ...report.take(), sent, announced, bodiesLeft: bodies.length };
  };
  const wait = (milliseconds: number) => {
    now += milliseconds;
  };
  return { run, wait };
}

const events = (count: number, overrides: Record<string, unknown> = {}) =>
  Array.from({ length: count }, () => eventOf({ uuid: undefined, ...overrides }));

describe('a batch whose time is over', () => {
  it('begins no further event or record, says which are unfinished, and counts what was done', async () => {
    const { run, wait } = prepare({
      records: [events(2), events(5), events(1)],
      plugins: [(event) => (wait(300), event)],
    });

    const { accounts, sent, bodiesLeft } = await run();

    const counts = { dropped: {}, failed: {}, deadLetters: 0 };
    expect(accounts).toEqual([
      { ...counts, events: 2, ingested: 2, seen: { 1: 2 } },
      { ...counts, events: 2, ingested: 2, seen: { 1: 2 }, unfinished: true },
      { ...counts, events: 0, ingested: 0, unfinished: true },
    ]);
    expect(sent.map(({ records }) => records[0])).toEqual([0, 0, 1, 1]);
    expect(bodiesLeft).toBe(0);
  });

  it('waits for the call under way, but makes no next one', async () => {
    let second = 0;
    const first: Answer = async (event) => {
      wait(2000);
      await new Promise((resolve) => setTimeout(resolve, 1050));
      return event;
    };
    const { run, wait } = prepare({
      records: [events(1)],
      plugins: [
        first,
        (event) => {
          second++;
          return event;
        },
      ],
    });

    const { accounts } = await run();

    expect(second).toBe(0);
    expect(accounts).toMatchObject([{ events: 0, ingested: 0, unfinished: true }]);
  });

  it('keeps the bad events of an unfinished message out of the dead letters: they come again with it', async () => {
    const { run, wait } = prepare({
      records: [[{ bad: true }, ...events(2)]],
      plugins: [(event) => (wait(1000), event)],
    });

    const { accounts, deadLetters } = await run();

    expect(deadLetters).toEqual([]);
    expect(accounts).toMatchObject([{ events: 1, ingested: 1, deadLetters: 0, unfinished: true }]);
  });

  it('stops a careful run as well', async () => {
    const { run, wait } = prepare({
      records: [events(3)],
      careful: true,
      plugins: [(event) => (wait(600), event)],
    });

    const { accounts } = await run();

    expect(accounts).toMatchObject([{ events: 2, ingested: 2, unfinished: true }]);
  });
});

describe('a batch with much output', () => {
  const adds: Answer = (event) => ({ ...event, page: 'x'.repeat(1000) });

  it('begins no further record once it has enough, and finishes the one begun', async () => {
    const { run } = prepare({
      records: [events(3), events(3), events(3)],
      plugins: [adds],
      maxOutputBytes: 5000,
    });

    const { accounts } = await run();

    expect(accounts.map(({ ingested, unfinished }) => [ingested, unfinished])).toEqual([
      [3, undefined],
      [3, undefined],
      [0, true],
    ]);
  });

  it('keeps one message that becomes far too much as a dead letter that stands for the events it did not process', async () => {
    const { run } = prepare({ records: [events(20)], plugins: [adds], maxOutputBytes: 2000 });

    const { accounts, deadLetters, sent } = await run();

    const counts = { events: 20, ingested: sent.length, deadLetters: 20 - sent.length };
    expect(accounts).toEqual([{ ...counts, dropped: {}, failed: {}, seen: { 1: sent.length } }]);
    expect(deadLetters).toMatchObject([{ record: 0, reason: 'output_too_large', count: 20 - sent.length }]);
    expect(deadLetters[0]).not.toHaveProperty('body');
  });

  it('refuses an event of more than 20 million characters, and keeps its message whole', async () => {
    const { run } = prepare({
      records: [events(2)],
      plugins: [(event) => ({ ...event, page: 'x'.repeat(20_000_001) })],
    });

    const { accounts, deadLetters, sent } = await run();

    expect(accounts).toMatchObject([{ events: 2, ingested: 0, deadLetters: 2 }]);
    expect(deadLetters.map(({ reason, position, body }) => [reason, position, body])).toEqual([
      ['event_too_large', 0, undefined],
      ['event_too_large', 1, undefined],
    ]);
    expect(sent).toEqual([]);
  });
});

describe('a message with many bad events', () => {
  it('makes a letter of each, up to 100', async () => {
    const { run } = prepare({ records: [[...Array.from({ length: 100 }, () => 0), ...events(1)]] });

    const { accounts, deadLetters } = await run();

    expect(accounts).toMatchObject([{ events: 101, ingested: 1, deadLetters: 100 }]);
    expect(deadLetters).toHaveLength(100);
    expect(deadLetters[99]).toMatchObject({ position: 99, body: '0' });
  });

  it('is kept whole above 100, as one letter that says how many it stands for', async () => {
    const { run } = prepare({ records: [[...events(1), ...Array.from({ length: 101 }, () => 0)]] });

    const { accounts, deadLetters } = await run();

    expect(accounts).toMatchObject([{ events: 102, ingested: 1, deadLetters: 101 }]);
    expect(deadLetters).toEqual([
      {
        record: 0,
        reason: 'not_an_event',
        count: 101,
        detail: expect.stringContaining('101 of the 102 events of this message are bad; the first, at position 1'),
      },
    ]);
  });
});

describe('a careful run', () => {
  it('says of the work between calls that it is nobody’s', async () => {
    const { run } = prepare({ records: [events(1)], careful: true, plugins: [(event) => event] });

    const { announced } = await run();

    expect(announced.map(({ plugin, hook }) => [plugin, hook])).toEqual([
      [1, 'processEvent'],
      [-1, 'conclude'],
      [-1, 'flush'],
    ]);
  });
});
