import { expect, it } from 'vitest';
import { DEFAULT_MESSAGE_LIMITS } from '../../../shared/event/read-message.ts';
import { type DeliverDeps, runDeliveries } from '../../../shared/sandbox/deliver.ts';
import type { FrameWriter } from '../../../shared/sandbox/frames.ts';
import type { Plugin } from '../../../shared/sandbox/plugin.ts';
import { FRAME } from '../../../shared/sandbox/protocol.ts';

interface Options {
  messages: number;
  eventsPerMessage?: number;
  /** How long a call takes, on a clock that only calls move. */
  callMilliseconds: number;
  startedAt?: number;
  stopAt?: number;
  concurrency?: number;
}

/** Delivers messages in this process, to a plugin that has `onEvent`. */
async function deliver(options: Options) {
  const { messages, eventsPerMessage = 1, callMilliseconds, startedAt = 0, stopAt = 1000, concurrency = 1 } = options;
  let now = startedAt;
  let rests = 0;
  let calls = 0;
  const onEvent = () => {
    calls++;
    now += callMilliseconds;
  };
  const plugin = {
    id: 1,
    meta: {},
    values: { parse: JSON.parse },
    exportSettings: { bufferLength: 1000, bufferSeconds: 10, ignored: new Set<string>() },
    causing: (_: unknown, call: () => unknown) => call(),
    hooks: { find: (name: string) => (name === 'onEvent' ? onEvent : null) },
  } as unknown as Plugin;
  const deps: DeliverDeps = {
    hopsOf: () => 0,
    find: () => plugin,
    writer: { sendWithHeader: (type: number) => void (rests += Number(type === FRAME.rest)) } as unknown as FrameWriter,
    report: { error: () => {}, log: () => {} },
    parse: JSON.parse,
    messageLimits: DEFAULT_MESSAGE_LIMITS,
    hookTimeoutMilliseconds: 1000,
    concurrency,
    timeoutsBeforeSuspension: 3,
    clock: () => now,
  };
  const order = {
    messages: Array.from({ length: messages }, () => ({ plugin: 1, round: 0 })),
    careful: false,
    skips: [],
    ended: [],
    suspended: [],
    softLimitMilliseconds: 1000,
  };
  const body = JSON.stringify({ v: 1, events: Array.from({ length: eventsPerMessage }, () => ({ event: 'a' })) });
  const bodies = order.messages.map(() => body);
  const accounts = await runDeliveries(order, bodies, stopAt, deps);
  return { calls, rests, unfinished: accounts.map(({ unfinished }) => unfinished) };
}

it('messages that were not begun are for later when others were', async () => {
  expect(await deliver({ messages: 4, callMilliseconds: 600 })).toEqual({
    calls: 2,
    rests: 0,
    unfinished: [undefined, undefined, 'later', 'later'],
  });
});

it('nothing is given back when there was no time for a single call: that would go on for ever', async () => {
  const options = { messages: 2, callMilliseconds: 1, startedAt: 1000 };

  expect(await deliver(options)).toEqual({ calls: 0, rests: 0, unfinished: ['time', 'time'] });
});

it('every event is handed out once by calls that make room for others in between', async () => {
  const options = { messages: 1, eventsPerMessage: 25, callMilliseconds: 150, stopAt: 1_000_000, concurrency: 10 };

  expect(await deliver(options)).toEqual({ calls: 25, rests: 0, unfinished: [undefined] });
});
