import { bodyText } from '../event/body-text.ts';
import { readJson, splitHeader } from '../sandbox/frames.ts';
import type { Invoke, Invoked } from '../sandbox/hook-call.ts';
import {
  type Batch,
  type Configure,
  type Done,
  FRAME,
  type Load,
  type Loaded,
  type MessageHeader,
  type Running,
} from '../sandbox/protocol.ts';
import type { Call, Reply, ServiceName } from '../sandbox/service-calls.ts';
import { type ChildOptions, startChild } from './child.ts';
import { type Alarm, createWatchdog, type WatchdogLimits } from './watchdog.ts';

/** What the child may ask the parent for: state, which needs credentials. */
export interface Services {
  (service: Call['service'], payload: unknown): Promise<unknown>;
  /** Services that are not there; the child is told, so that plugins fail where they ask. */
  missing?: readonly ServiceName[];
}

export interface OutgoingMessage extends MessageHeader {
  body: string;
}

export interface BatchOutput extends Done {
  messages: OutgoingMessage[];
}

/** One child from its start to its end. Work on a child that has died, or dies meanwhile, rejects with ChildDeath. */
export interface ChildSession {
  processId: number;
  load(load: Load): Promise<Loaded>;
  batch(batch: Batch, bodies: string[]): Promise<BatchOutput>;
  invoke(invoke: Invoke): Promise<Invoked>;
  /** Ends the child at once. */
  close(): Promise<void>;
}

export interface SessionOptions extends ChildOptions {
  configure: Configure;
  watchdog: WatchdogLimits;
  services: Services;
  /** What one batch may give back, bytes; beyond it the child is ended. The child itself stops long before. */
  maxOutputBytes: number;
  /** Milliseconds, steady. */
  clock: () => number;
  /** What time it is for plugins, milliseconds since 1970, if that is not the machine's time; told to the child before each of its works. */
  pluginTime?: () => number;
}

/** The child is gone, or was killed because it blocked or took too much memory. */
export class ChildDeath extends Error {
  override readonly name = 'ChildDeath';
  override readonly cause: 'silence' | 'memory' | 'exit';
  /** The call that had been announced last; known in careful runs only. */
  readonly running: Running | null;

  constructor(cause: ChildDeath['cause'], message: string, running: Running | null) {
    super(message);
    this.cause = cause;
    this.running = running;
  }
}

export function openChildSession(options: SessionOptions): ChildSession {
  let isStarting = true;
  let running: Running | null = null;
  let alarm: Alarm | null = null;
  let messages: OutgoingMessage[] = [];
  let outputBytes = 0;
  let finish: ((result: unknown) => void) | null = null;
  let fail: ((death: ChildDeath) => void) | null = null;
  let watchdog: ReturnType<typeof createWatchdog> | null = null;

  const child = startChild(options, (type, payload) => {
    isStarting = false;
    watchdog?.sign();
    if (type === FRAME.message) {
      const { header, body } = splitHeader<MessageHeader>(payload);
      outputBytes += body.length;
      if (outputBytes > options.maxOutputBytes) throw new Error('More output than a batch may have');
      messages.push({ ...header, body: bodyText(body) });
    } else if (type === FRAME.running) running = namedOnly(readJson<Running>(payload));
    else if (type === FRAME.call) void answer(sensible(readJson<Call | null>(payload)));
    else if (type === FRAME.done || type === FRAME.loaded || type === FRAME.invoked) finish?.(readJson(payload));
  });
  child.writer.sendJson(FRAME.configure, {
    ...options.configure,
    missingServices: options.services.missing ?? [],
  } satisfies Configure);

  /** Never throws: a call that makes no sense comes from a child that is not itself any more. */
  const answer = async (call: Call): Promise<void> => {
    const { id, service, payload } = call;
    try {
      child.writer.sendJson(FRAME.reply, { id, value: await options.services(service, payload) } satisfies Reply);
    } catch (error) {
      child.writer.sendJson(FRAME.reply, { id, error: (error as Error).message } satisfies Reply);
    }
  };

  const death = child.exited.then(({ code, signal, lastWords }) => {
    const outOfHeap = lastWords.includes('heap out of memory');
    const cause = alarm ?? (outOfHeap ? 'memory' : 'exit');
    return new ChildDeath(cause, describeExit(cause, code, signal, options), running);
  });
  let dead: ChildDeath | null = null;
  void death.then((reason) => {
    dead = reason;
    fail?.(reason);
  });

  /** Sends work and waits for its last frame, under the eyes of the watchdog. */
  const work = async (send: () => void): Promise<unknown> => {
    running = null;
    messages = [];
    outputBytes = 0;
    watchdog = createWatchdog(child.processId, options.watchdog, isStarting, options.clock, (why) => {
      alarm = why;
      child.kill();
    });
    try {
      return await new Promise<unknown>((resolve, reject) => {
        finish = resolve;
        fail = reject;
        // One that died while idle had nobody to tell.
        if (dead !== null) return reject(dead);
        if (options.pluginTime) child.writer.sendJson(FRAME.clock, { now: options.pluginTime() });
        send();
      });
    } finally {
      running = null;
      watchdog.stop();
      finish = null;
      fail = null;
    }
  };

  return {
    processId: child.processId,
    load: async (load) => (await work(() => child.writer.sendJson(FRAME.load, load))) as Loaded,
    invoke: async (invoke) => (await work(() => child.writer.sendJson(FRAME.invoke, invoke))) as Invoked,
    async batch(batch, bodies) {
      const done = (await work(() => {
        child.writer.sendJson(FRAME.batch, batch);
        for (const body of bodies) child.writer.sendText(FRAME.record, body);
      })) as Done;
      return { ...done, messages };
    },
    async close() {
      child.kill();
      await child.exited;
    },
  };
}

/** The child announces what nobody is to be blamed for, such as writing what came out, with a negative id. */
function namedOnly(running: Running): Running | null {
  return running.plugin < 0 ? null : running;
}

/** @throws when this is no call; the reader of frames then ends the child. */
function sensible(call: Call | null): Call {
  if (typeof call?.id !== 'number' || typeof call.service !== 'string') throw new Error('A call without id or service');
  return call;
}

function describeExit(
  cause: ChildDeath['cause'],
  code: number | null,
  signal: string | null,
  options: SessionOptions,
): string {
  if (cause === 'silence') {
    const seconds = options.configure.hookTimeoutMilliseconds / 1000;
    return `Script execution timed out after looping for ${seconds} second${seconds === 1 ? '' : 's'}`;
  }
  if (cause === 'memory')
    return `The plugin used more memory than the plugin host has (${options.heapMegabytes} MiB of heap)`;
  return `The plugin ended the plugin host's process (${signal === null ? `exit code ${code}` : `signal ${signal}`})`;
}
