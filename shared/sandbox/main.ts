import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { bodyText } from '../event/body-text.ts';
import { createChainRunner } from '../pipeline/chain.ts';
import { runBatch } from './batch.ts';
import { createBatchReport } from './batch-report.ts';
import { connectingPlugin } from './connecting-plugin.ts';
import { createDataParser } from './data-realm.ts';
import { disarm } from './disarm.ts';
import { createFrameReader, createFrameWriter, readJson } from './frames.ts';
import { hookErrorFrom } from './hook-error.ts';
import { guardHosts } from './host-guard.ts';
import { createHostState } from './meta/host-state.ts';
import { createPendingWork } from './pending-work.ts';
import { createPluginSet, timeoutError } from './plugin-set.ts';
import {
  type Account,
  type Batch,
  type Configure,
  type Done,
  FRAME,
  type Load,
  type Loaded,
  type LoadResult,
  type Reply,
} from './protocol.ts';
import { createServiceCalls } from './services.ts';
import { settleLeftovers } from './settle-leftovers.ts';
import { guardSockets } from './socket-guard.ts';

/** The parent's end of the socket is this file descriptor; see `host/child.ts`. */
const PARENT_FD = 3;
/** What a socket of this system holds at the most, by default. */
const READ_BYTES = 256 * 1024;

const records = createMailbox<string>();
const read = createFrameReader(onFrame);
const parent = new net.Socket({
  fd: PARENT_FD,
  readable: true,
  writable: true,
  // One buffer for all reads; without it each of them makes a new one.
  onread: {
    buffer: Buffer.allocUnsafe(READ_BYTES),
    callback(bytes, buffer) {
      read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
      return true;
    },
  },
});
const writer = createFrameWriter(parent);

// The parent is gone: nobody is left to work for.
const leave = process.exit.bind(process);
parent.on('close', () => leave(0));
parent.on('error', () => leave(0));

let handlers: ReturnType<typeof start> | null = null;

function onFrame(type: number, payload: Buffer): void {
  if (type === FRAME.record) {
    records.put(bodyText(payload));
    return;
  }
  if (type === FRAME.configure) handlers = start(readJson<Configure>(payload));
  else if (type === FRAME.load) void handlers?.load(readJson<Load>(payload));
  else if (type === FRAME.batch) void handlers?.batch(readJson<Batch>(payload));
  else if (type === FRAME.reply) handlers?.reply(readJson<Reply>(payload));
}

function start(configure: Configure) {
  const report = createBatchReport();
  if (!configure.allowPrivateNetworks) guardSockets(parent, () => report.refused(connectingPlugin()?.id ?? null));
  guardHosts(report.refused);
  disarm();

  const services = createServiceCalls(writer, configure.missingServices);
  const parse = createDataParser();
  const work = createPendingWork();
  const clock = () => performance.now();
  const limit = configure.hookTimeoutMilliseconds;
  const state = createHostState(services, work);
  const plugins = createPluginSet(
    {
      state,
      work,
      log: report.log,
      metric: report.metric,
      onRefused: report.refused,
      hookTimeoutMilliseconds: limit,
      now: () => Date.now(),
      createUuid: randomUUID,
    },
    writer,
  );
  const runner = createChainRunner({
    timeoutsBeforeSuspension: configure.timeoutsBeforeSuspension,
    timeoutError: () => timeoutError(limit),
    onFailure(plugin, run, error) {
      const account = report.accounts[run.record] as Account;
      account.failed[plugin.id] = (account.failed[plugin.id] ?? 0) + 1;
      report.error(plugin.id, hookErrorFrom(error, 'processEvent', run.event));
    },
  });
  recordStrayErrors((plugin, error) => {
    const stray = hookErrorFrom(error, 'unhandled');
    if (plugin !== null) report.error(plugin, stray);
    report.log({ plugin, level: 'ERROR', message: `Unhandled ${stray.name}: ${stray.message}` });
  });

  /** Runs `step` while telling the parent that this process is alive, then waits for what plugins left behind, not for long after `end`. */
  const whileAlive = async (step: () => Promise<void>, end = Number.POSITIVE_INFINITY): Promise<string | undefined> => {
    const ticksPerLimit = Math.ceil(limit / configure.aliveEveryMilliseconds);
    const timer = setInterval(() => {
      writer.sendJson(FRAME.alive, {});
      runner.tick(ticksPerLimit);
    }, configure.aliveEveryMilliseconds);
    try {
      await step();
      await settleLeftovers({ work, state, clock }, Math.max(limit / 10, Math.min(limit, end - clock())));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    } finally {
      clearInterval(timer);
    }
  };

  return {
    reply: services.onReply,
    async load(load: Load) {
      let results: LoadResult[] = [];
      const failure = await whileAlive(async () => {
        results = await plugins.load(load);
      });
      writer.sendJson(FRAME.loaded, { results, ...(failure === undefined ? {} : { failure }) } satisfies Loaded);
    },
    async batch(batch: Batch) {
      const stopAt = clock() + batch.softLimitMilliseconds;
      for (const { plugin, error } of batch.suspended)
        plugins.suspend(plugin, Object.assign(new Error(error.message), { name: error.name }));
      const deps = { configure, chains: plugins.chains, runner, report, writer, parse, clock };
      const failure = await whileAlive(() => runBatch(batch, stopAt, records.take, deps), stopAt + limit);
      plugins.resume();
      state.forget();
      const { user, system } = process.cpuUsage();
      const done: Done = {
        ...report.take(),
        cpuMicroseconds: user + system,
        ...(failure === undefined ? {} : { failure }),
      };
      writer.sendJson(FRAME.done, done);
    },
  };
}

/** What fails outside of any call, for example in a promise nobody awaited, belongs to the plugin that its stack names. */
function recordStrayErrors(record: (plugin: number | null, error: unknown) => void): void {
  const onError = (error: unknown) => {
    const plugin = /plugin-config-(\d+)\//.exec(stackOf(error))?.[1];
    record(plugin === undefined ? null : Number(plugin), error);
  };
  process.on('unhandledRejection', onError);
  process.on('uncaughtException', onError);
}

/** What was thrown may bite when it is read. */
function stackOf(error: unknown): string {
  try {
    const stack = (error as Error | undefined)?.stack;
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}

function createMailbox<Item>() {
  const items: Item[] = [];
  let wake: (() => void) | null = null;
  return {
    put(item: Item) {
      items.push(item);
      wake?.();
    },
    async take(): Promise<Item> {
      while (items.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return items.shift() as Item;
    },
  };
}
