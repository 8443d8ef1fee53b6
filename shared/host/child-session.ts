import { bodyText } from '../event/body-text.ts';
import type { Deliver, Delivered, DeliveryHeader, ExportHeader, RestHeader } from '../sandbox/delivery.ts';
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

/** A message for each of these plugin configs. */
export interface OutgoingDelivery extends DeliveryHeader {
  body: string;
}

export interface BatchOutput extends Done {
  messages: OutgoingMessage[];
  deliveries: OutgoingDelivery[];
}

/** One call of `exportEvents` that has ended. */
export interface EndedExport extends ExportHeader {
  /** Its events when it failed, one JSON text a line; else empty. */
  lines: string;
}

/** Events of one message for which there was no time. */
export interface DeliveryRest extends RestHeader {
  /** One JSON text a line. */
  lines: string;
}

/** One child from its start to its end. Work on a child that has died, or dies meanwhile, rejects with ChildDeath. */
export interface ChildSession {
  processId: number;
  load(load: Load): Promise<Loaded>;
  batch(batch: Batch, bodies: string[]): Promise<BatchOutput>;
  invoke(invoke: Invoke): Promise<Invoked>;
  /** `onExport` hears of each export as soon as it has ended, also when the child dies afterwards. */
  deliver(
    deliver: Deliver,
    bodies: string[],
    onExport: (ended: EndedExport) => void,
  ): Promise<Delivered & { rests: DeliveryRest[] }>;
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

const LAST_FRAMES: readonly number[] = [FRAME.done, FRAME.loaded, FRAME.invoked, FRAME.delivered];

export function openChildSession(options: SessionOptions): ChildSession {
  let isStarting = true;
  let running: Running | null = null;
  let alarm: Alarm | null = null;
  let messages: OutgoingMessage[] = [];
  let deliveries: OutgoingDelivery[] = [];
  let rests: DeliveryRest[] = [];
  let hearExport: (ended: EndedExport) => void = () => {};
  let outputBytes = 0;
  let finish: ((result: unknown) => void) | null = null;
  let fail: ((death: ChildDeath) => void) | null = null;
  let watchdog: ReturnType<typeof createWatchdog> | null = null;

  const takeBody = <Header>(payload: Buffer): Header & { body: string } => {
    const { header, body } = splitHeader<Header>(payload);
    outputBytes += body.length;
    if (outputBytes > options.maxOutputBytes) throw new Error('More output than a batch may have');
    return { ...header, body: bodyText(body) };
  };

  const child = startChild(options, (type, payload) => {
    isStarting = false;
    watchdog?.sign();
    if (type === FRAME.message) messages.push(takeBody<MessageHeader>(payload));
    else if (type === FRAME.delivery) deliveries.push(takeBody<DeliveryHeader>(payload));
    else if (type === FRAME.export) {
      const { body: lines, ...header } = takeBody<ExportHeader>(payload);
      hearExport({ ...header, lines });
    } else if (type === FRAME.rest) {
      const { body: lines, ...header } = takeBody<RestHeader>(payload);
      rests.push({ ...header, lines });
    } else if (type === FRAME.running) running = namedOnly(readJson<Running>(payload));
    else if (type === FRAME.call) void answer(sensible(readJson<Call | null>(payload)));
    else if (LAST_FRAMES.includes(type)) finish?.(readJson(payload));
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

  const sendWithBodies = (type: number, order: Batch | Deliver, bodies: string[]): void => {
    child.writer.sendJson(type, order);
    for (const body of bodies) child.writer.sendText(FRAME.record, body);
  };

  /** Sends work and waits for its last frame, under the eyes of the watchdog. */
  const work = async (send: () => void): Promise<unknown> => {
    running = null;
    messages = [];
    deliveries = [];
    rests = [];
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
      const done = (await work(() => sendWithBodies(FRAME.batch, batch, bodies))) as Done;
      return { ...done, messages, deliveries };
    },
    async deliver(deliver, bodies, onExport) {
      hearExport = onExport;
      const delivered = (await work(() => sendWithBodies(FRAME.deliver, deliver, bodies))) as Delivered;
      return { ...delivered, rests };
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
