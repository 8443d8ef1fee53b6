import { join } from 'node:path';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../shared/event/read-message.ts';
import { type HostSettings, hostOptions } from '../../shared/host/host-settings.ts';
import { createPluginHost, type PluginHost } from '../../shared/host/plugin-host.ts';
import type { BatchResult } from '../../shared/host/run-batch.ts';
import type { InvokeResult } from '../../shared/host/run-calls.ts';
import { createServices, type ServicesDeps } from '../../shared/host/services.ts';
import { bundledLibrariesFolder, bundleLibraries, librariesNamedIn } from '../../shared/libraries/bundle-libraries.ts';
import type { HookResult } from '../../shared/sandbox/hook-call.ts';
import type { PluginReport } from '../../shared/sandbox/plugin-report.ts';
import type { LoadResult, SandboxPlugin } from '../../shared/sandbox/protocol.ts';
import { createMemoryServices, type MemoryServices } from './host-services.ts';

const PROJECT_ROOT = join(import.meta.dirname, '../..');

/** Short limits, so that a test of a plugin which hangs takes a second. */
const SETTINGS: HostSettings = {
  hookTimeoutSeconds: 1,
  strikes: 2,
  heapMegabytes: 96,
  allowPrivateNetworks: false,
  format: 'packed',
  compression: { algorithm: 'gzip', level: 1 },
};

export interface TestHost extends PluginHost {
  /** What plugins have stored, by plugin config and key, as JSON. */
  cache: Map<string, string>;
  /** All that plugins keep and send. */
  memory: MemoryServices;
  /** Installs plugins for project 1, in order. */
  use(...plugins: SandboxPlugin[]): Promise<LoadResult[]>;
  /** How plugins were loaded, as it became known. */
  loads: LoadResult[];
  /** What plugins did while they were loaded or torn down. */
  reports: PluginReport[];
  /** Runs events of project 1 as one packed message. */
  runEvents(events: unknown[]): Promise<BatchResult>;
  /** Calls one hook of one plugin config; its argument becomes JSON. */
  callHook(plugin: number, hook: string, argument?: unknown): Promise<HookResult & { all: InvokeResult }>;
}

/** A real plugin host with its child process, run from source, and services in memory. `choose` leaves out services, or puts others in their place. */
export function createTestHost(
  settings: Partial<HostSettings> = {},
  choose: (memory: MemoryServices) => ServicesDeps = (memory) => memory,
  entry = 'shared/sandbox/main.ts',
): TestHost {
  const memory = createMemoryServices();
  const loads: LoadResult[] = [];
  const reports: PluginReport[] = [];
  const clock = () => performance.now();
  const librariesFolder = bundledLibrariesFolder();
  const host = createPluginHost(
    hostOptions(
      { ...SETTINGS, ...settings },
      {
        entry: join(PROJECT_ROOT, entry),
        readablePaths: [
          join(PROJECT_ROOT, 'shared'),
          join(PROJECT_ROOT, entry),
          join(PROJECT_ROOT, 'package.json'),
          librariesFolder,
        ],
        librariesFolder,
      },
      createServices(choose(memory)),
      clock,
    ),
  );
  return {
    ...host,
    cache: memory.texts,
    memory,
    loads,
    reports,
    async use(...plugins) {
      await bundleLibraries(
        librariesFolder,
        plugins.flatMap(({ code }) => librariesNamedIn(code)),
      );
      const before = loads.length;
      const chains = [{ teamId: 1, plugins: plugins.map(({ id }) => id) }];
      await host.install(
        {
          plugins,
          chains,
          onLoad: async (result) => void loads.push(result),
          onReport: async (report) => void reports.push(report),
        },
        clock() + 60_000,
      );
      return loads.slice(before);
    },
    async callHook(plugin, hook, argument) {
      const call = { plugin, hook, ...(argument === undefined ? {} : { argument: JSON.stringify(argument) }) };
      const all = await host.invoke([call], clock() + 60_000);
      return { ...(all.results[0] as HookResult), all };
    },
    runEvents: (events) =>
      host.run([{ messageId: 'message-1', body: JSON.stringify({ v: 1, events }) }], clock() + 60_000),
  };
}

/** A plugin config of project 1. */
export function pluginOf(id: number, code: string, config: Record<string, unknown> = {}): SandboxPlugin {
  return { id, teamId: 1, name: `Plugin ${id}`, code, config };
}

/** A whole, valid event of project 1. */
export function eventOf(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    uuid: '018f3e2a-7b1c-7000-9f00-0123456789ab',
    event: '$pageview',
    distinct_id: 'user-1',
    team_id: 1,
    ip: '203.0.113.7',
    site_url: 'https://example.com',
    now: '2026-11-21T10:20:30.000Z',
    properties: { $current_url: 'https://example.com/pricing' },
    ...overrides,
  };
}

/** The events in the messages of a batch, in order. */
export function eventsOf(result: Pick<BatchResult, 'messages'>): PluginEvent[] {
  return result.messages.flatMap(({ body }) => readMessage(body, DEFAULT_MESSAGE_LIMITS) as PluginEvent[]);
}
