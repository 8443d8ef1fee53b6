import net from 'node:net';
import { bodyText } from '../event/body-text.ts';
import { type CheckEvent, checkEvent } from '../event/check-event.ts';
import { createChainRunner } from '../pipeline/chain.ts';
import { runBatch } from './batch.ts';
import { createBatchReport, type ErrorListener } from './batch-report.ts';
import { createCauses } from './causes.ts';
import { connectingPlugin } from './connecting-plugin.ts';
import { createDataParser } from './data-realm.ts';
import { runDeliveries } from './deliver.ts';
import type { Deliver, Delivered, DeliveryAccount } from './delivery.ts';
import { disarm } from './disarm.ts';
import { createFrameReader, createFrameWriter, type FrameWriter, readJson } from './frames.ts';
import type { Invoke, Invoked } from './hook-call.ts';
import { runHookCalls } from './hook-calls.ts';
import { hookErrorFrom } from './hook-error.ts';
import { guardHosts } from './host-guard.ts';
import { createLibrarySource } from './library-source.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import type { Transport } from './meta/fetch-send.ts';
import { createHostState } from './meta/host-state.ts';
import { createPluginBuffers } from './meta/plugin-buffers.ts';
import { createPendingWork } from './pending-work.ts';
import { createPluginSet } from './plugin-set.ts';
import {
  type Account,
  type Batch,
  type Configure,
  type Done,
  FRAME,
  type Load,
  type Loaded,
  type LoadResult,
} from './protocol.ts';
import type { Realm } from './realm.ts';
import type { Reply } from './service-calls.ts';
import { createServiceCalls } from './services.ts';
import { guardSockets } from './socket-guard.ts';
import { recordStrayErrors } from './stray-errors.ts';
import { timeoutError } from './time-limit.ts';
import { createWhileAlive } from './while-alive.ts';

/** The parent's end of the socket is this file descriptor; see `host/child.ts`. */
const PARENT_FD = 3;
/** What a socket of this system holds at the most, by default. */
const READ_BYTES = 256 * 1024;

/** What a host's child takes from outside, so that time can be a test's and not the machine's. */
export interface SandboxParts {
  /** Milliseconds since 1970. */
  now(): number;
  createUuid(): string;
  /** Sees each plugin's realm before anything of the plugin runs in it. */
  prepareRealm?(realm: Realm): void;
  /** Hears what time it is for plugins, milliseconds since 1970, when the parent says so. */
  onClock?(now: number): void;
  /** Takes the place of `checkEvent`. */
  checkEvent?: CheckEvent;
  /** Hears each error of a hook or of a promise that nobody awaited, of which a batch reports the last only. Null: nobody knows whose it is. */
  onError?: ErrorListener;
  /** Carries requests of `fetch` in place of Node's own. */
  transport?: Transport;
  /** Called once, before any plugin is loaded and while everything may still be done, with a way to ask the parent. */
  onStart?(ask: (service: string, payload: unknown) => Promise<unknown>): void;
}

/** Makes this process the child of a plugin host: it does what its parent says over their socket, and ends with it. */
export function startSandbox(parts: SandboxParts): void {
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

  // Who ends the function's process group gives its parent time to tear plugins down, for which this process must still be there.
  process.on('SIGTERM', () => {});

  // The parent is gone: nobody is left to work for.
  const leave = process.exit.bind(process);
  parent.on('close', () => leave(0));
  parent.on('error', () => leave(0));

  let worker: ReturnType<typeof createWorker> | null = null;

  function onFrame(type: number, payload: Buffer): void {
    if (type === FRAME.record) {
      records.put(bodyText(payload));
      return;
    }
    if (type === FRAME.configure) worker = createWorker(readJson(payload), { parts, parent, writer, records });
    else if (type === FRAME.load) void worker?.load(readJson<Load>(payload));
    else if (type === FRAME.batch) void worker?.batch(readJson<Batch>(payload));
    else if (type === FRAME.invoke) void worker?.invoke(readJson<Invoke>(payload));
    else if (type === FRAME.deliver) void worker?.deliver(readJson<Deliver>(payload));
    else if (type === FRAME.reply) worker?.reply(readJson<Reply>(payload));
    else if (type === FRAME.clock) parts.onClock?.(readJson<{ now: number }>(payload).now);
  }
}

interface Connection {
  parts: SandboxParts;
  parent: net.Socket;
  writer: FrameWriter;
  records: Mailbox<string>;
}

function createWorker(configure: Configure, { parts, parent, writer, records }: Connection) {
  const services = createServiceCalls(writer, configure.missingServices);
  parts.onStart?.(services.call as (service: string, payload: unknown) => Promise<unknown>);
  const clock = () => performance.now();
  const report = createBatchReport(clock, parts.onError);
  if (!configure.allowPrivateNetworks) guardSockets(parent, () => report.refused(connectingPlugin()?.id ?? null));
  guardHosts(report.refused);
  disarm();

  const parse = createDataParser();
  const work = createPendingWork();
  const causes = createCauses();
  const limit = configure.hookTimeoutMilliseconds;
  const state = createHostState(services, work);
  const buffers = createPluginBuffers({
    work,
    causes,
    onError: report.error,
    timeoutError: () => timeoutError(limit),
    limitMilliseconds: limit,
  });
  const plugins = createPluginSet(
    {
      state,
      work,
      causes,
      buffers,
      readLibrary: createLibrarySource(configure.librariesFolder),
      log: report.log,
      error: report.error,
      metric: report.metric,
      onRefused: report.refused,
      ...(parts.transport === undefined ? {} : { transport: parts.transport }),
      hookTimeoutMilliseconds: limit,
      now: parts.now,
      createUuid: parts.createUuid,
      prepareRealm: parts.prepareRealm,
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
    else parts.onError?.(null, stray);
    report.log({ plugin, source: 'PLUGIN', level: 'ERROR', message: `Unhandled ${stray.name}: ${stray.message}` });
  });

  const whileAlive = createWhileAlive({ configure, runner, writer, work, state, buffers, clock });

  // It has started: from now on silence means that a plugin blocks it.
  writer.sendJson(FRAME.alive, {});

  return {
    deliver,
    reply: services.onReply,
    async load(load: Load) {
      let results: LoadResult[] = [];
      causes.begin([]);
      const failure = await whileAlive(async () => {
        results = await plugins.load(load);
      }, load.careful);
      const { accounts: _, deadLetters: __, ...rest } = report.take();
      const loaded: Loaded = { results, report: rest, ...(failure === undefined ? {} : { failure }) };
      writer.sendJson(FRAME.loaded, loaded);
    },
    async batch(batch: Batch) {
      const stopAt = clock() + batch.softLimitMilliseconds;
      causes.begin(batch.hops ?? []);
      for (const { plugin, error } of batch.suspended)
        plugins.suspend(plugin, Object.assign(new Error(error.message), { name: error.name }));
      const check = parts.checkEvent ?? checkEvent;
      const deps = { configure, chains: plugins.chains, runner, report, writer, parse, checkEvent: check, clock };
      const failure = await whileAlive(
        () => runBatch(batch, stopAt, records.take, deps),
        batch.careful,
        stopAt + limit,
      );
      plugins.resume();
      writer.sendJson(FRAME.done, { ...report.take(), ...ended(failure) } satisfies Done);
    },
    async invoke(invoke: Invoke) {
      const stopAt = clock() + invoke.softLimitMilliseconds;
      causes.begin(invoke.calls.map(({ hops = 0 }) => hops));
      const { concurrency } = configure;
      const deps = { find: plugins.plugin, writer, hookTimeoutMilliseconds: limit, concurrency, clock };
      let results: Invoked['results'] = [];
      const failure = await whileAlive(
        async () => {
          results = await runHookCalls(invoke, stopAt, deps);
        },
        invoke.careful,
        stopAt + limit,
      );
      const { accounts: _, deadLetters: __, ...rest } = report.take();
      writer.sendJson(FRAME.invoked, { results, ...rest, ...ended(failure) } satisfies Invoked);
    },
  };

  async function deliver(order: Deliver): Promise<void> {
    const stopAt = clock() + order.softLimitMilliseconds;
    causes.begin(order.messages.map(({ hops = 0 }) => hops));
    const bodies: string[] = [];
    for (const _ of order.messages) bodies.push(await records.take());
    let accounts: DeliveryAccount[] = [];
    const failure = await whileAlive(
      async () => {
        const deps = { ...configure, find: plugins.plugin, hopsOf: causes.ofRecord, writer, report, parse, clock };
        accounts = await runDeliveries(order, bodies, stopAt, deps);
      },
      order.careful,
      stopAt + limit,
    );
    const { accounts: _, deadLetters: __, ...rest } = report.take();
    writer.sendJson(FRAME.delivered, { ...rest, accounts, ...ended(failure) } satisfies Delivered);
  }

  function ended(failure: string | undefined): Pick<Done, 'cpuMicroseconds' | 'failure'> {
    state.forget();
    const { user, system } = process.cpuUsage();
    return { cpuMicroseconds: user + system, ...(failure === undefined ? {} : { failure }) };
  }
}
