import { expect, it } from 'vitest';
import { DEFAULT_MESSAGE_LIMITS } from '../../../shared/event/read-message.ts';
import { type DeliverDeps, runDeliveries } from '../../../shared/sandbox/deliver.ts';
import type { FrameWriter } from '../../../shared/sandbox/frames.ts';
import type { Plugin } from '../../../shared/sandbox/plugin.ts';
import { FRAME } from '../../../shared/sandbox/protocol.ts';

/** Delivers messages of one event each in this process, to a plugin whose `onEvent` takes so long on a clock that only it moves. Ends at 1000. */
async function deliver(messages: number, callMilliseconds: number, startedAt = 0) {
  let now = startedAt;
  let rests = 0;
  const plugin = {
    id: 1,
    meta: {},
    values: { parse: JSON.parse },
    exportSettings: { bufferLength: 1000, bufferSeconds: 10, ignored: new Set<string>() },
    hooks: {
      find: (name: string) => (name === 'onEvent' ? () => void (now += callMilliseconds) : null),
    },
  } as unknown as Plugin;
  const deps: DeliverDeps = {
    find: () => plugin,
    writer: { sendWithHeader: (type: number) => void (rests += Number(type === FRAME.rest)) } as unknown as FrameWriter,
    report: { error: () => {}, log: () => {} },
    parse: JSON.parse,
    messageLimits: DEFAULT_MESSAGE_LIMITS,
    hookTimeoutMilliseconds: 1000,
    concurrency: 1,
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
  const accounts = await runDeliveries(
    order,
    order.messages.map(() => '{"v":1,"events":[{"event":"a"}]}'),
    1000,
    deps,
  );
  return { rests, unfinished: accounts.map(({ unfinished }) => unfinished) };
}

it('messages that were not begun are for later when others were', async () => {
  expect(await deliver(4, 600)).toEqual({ rests: 0, unfinished: [undefined, undefined, 'later', 'later'] });
});

it('nothing is given back when there was no time for a single call: that would go on for ever', async () => {
  expect(await deliver(2, 1, 1000)).toEqual({ rests: 0, unfinished: ['time', 'time'] });
});
