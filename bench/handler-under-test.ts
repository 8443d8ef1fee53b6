import { join } from 'node:path';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { createProcessEvents } from '../functions/process-events/index.ts';
import { createBatchReporter } from '../functions/process-events/report-batch.ts';
import { followRegistry } from '../shared/host/follow-registry.ts';
import { hostOptions } from '../shared/host/host-settings.ts';
import { createPluginHost, type PluginHostOptions } from '../shared/host/plugin-host.ts';
import { bundledLibrariesFolder } from '../shared/libraries/bundle-libraries.ts';
import type { PluginConfig } from '../shared/registry/plugin-config.ts';

/** The real process-events handler and plugin host, with a registry in memory and a sink in place of the queues. */
export interface HandlerUnderTest {
  handle(bodies: string[]): Promise<void>;
  /** Events that reached the sink. */
  ingested(): number;
  /** CPU of the plugin host's process so far, microseconds. */
  childCpuMicroseconds(): number;
  childProcessId(): number;
  stop(): Promise<void>;
}

const PROJECT_ROOT = join(import.meta.dirname, '..');

/** The plugin host's child, run from source. */
const FROM_SOURCE: ChildFiles = {
  entry: join(PROJECT_ROOT, 'shared/sandbox/main.ts'),
  readablePaths: [join(PROJECT_ROOT, 'shared'), join(PROJECT_ROOT, 'package.json')],
};

export type ChildFiles = Pick<PluginHostOptions, 'entry' | 'readablePaths'>;

export function createHandlerUnderTest(pluginCode: string[], child: ChildFiles = FROM_SOURCE): HandlerUnderTest {
  const clock = () => performance.now();
  const librariesFolder = bundledLibrariesFolder();
  const host = createPluginHost(
    hostOptions(
      {
        hookTimeoutSeconds: 30,
        strikes: 3,
        heapMegabytes: 768,
        allowPrivateNetworks: false,
        format: 'packed',
        compression: { algorithm: 'none' },
      },
      { ...child, readablePaths: [...child.readablePaths, librariesFolder], librariesFolder },
      () => Promise.reject(new Error('The benchmark has no state')),
      clock,
    ),
  );
  const pluginConfigs = pluginCode.map((_, index) => pluginConfig(index + 1));
  let ingested = 0;
  let childCpuMicroseconds = 0;
  let messageCount = 0;
  const handler = createProcessEvents({
    plugins: followRegistry({
      registry: {
        readVersion: async () => 1,
        readAll: async () => ({ version: 1, projects: [{ id: 1, name: 'Benchmark' }], pluginConfigs }),
        readCode: async (hash) => pluginCode[Number(hash) - 1] as string,
        recordError: async () => {},
        readAttachment: () => Promise.reject(new Error('The benchmark has no attachments')),
        openSecrets: () => Promise.reject(new Error('The benchmark has no secrets')),
        recordLoad: async () => {},
        recordFirstFailure: async () => ({ won: true }),
        claimAttempt: async () => ({ won: true }),
        disable: async () => {},
      },
      host,
      instanceId: 'bench',
      now: () => Date.now(),
      log: () => {},
      onReport: async () => {},
      warn: (message) => {
        throw new Error(message);
      },
    }),
    host,
    sendToIngestion: async (messages) => {
      for (const { events } of messages) ingested += events;
      return [];
    },
    sendToDeliveries: async () => [],
    sendToDeadLetters: async (messages) => messages,
    recordPluginErrors: async (batch) => {
      childCpuMicroseconds = batch.cpuMicroseconds;
    },
    report: createBatchReporter(
      () => {},
      () => {},
      () => Date.now(),
    ),
    clock,
  });

  return {
    async handle(bodies) {
      const event: SQSEvent = {
        Records: bodies.map((body) => ({ messageId: `message-${++messageCount}`, body, attributes: {} }) as SQSRecord),
      };
      const { batchItemFailures } = await handler(event, { getRemainingTimeInMillis: () => 120_000 });
      if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed in the benchmark`);
    },
    ingested: () => ingested,
    childCpuMicroseconds: () => childCpuMicroseconds,
    childProcessId: () => host.processId() ?? -1,
    stop: () => host.stop(),
  };
}

function pluginConfig(id: number): PluginConfig {
  return {
    id,
    teamId: 1,
    plugin: { id, name: `Adds three ${id}`, codeHash: String(id) },
    enabled: true,
    revision: 1,
    order: id,
    config: {},
    attachments: {},
  };
}
