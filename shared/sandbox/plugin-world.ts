import { authorPositions } from './author-positions.ts';
import type { Causes } from './causes.ts';
import type { ConnectingPlugin } from './connecting-plugin.ts';
import { createRequire } from './imports.ts';
import { createLibraryLoader } from './library-loader.ts';
import type { LibrarySource } from './library-source.ts';
import { createAttachments } from './meta/attachments.ts';
import { createConsole, type LogSink } from './meta/console.ts';
import { createCursor } from './meta/cursor.ts';
import { createFetch } from './meta/fetch.ts';
import type { Transport } from './meta/fetch-send.ts';
import { createGeoip } from './meta/geoip.ts';
import { createGoogle } from './meta/google.ts';
import type { HostState } from './meta/host-state.ts';
import { createJobs } from './meta/jobs.ts';
import { createMetrics, type DeclaredMetrics, type MetricSink } from './meta/metrics.ts';
import { nodeTransport } from './meta/node-transport.ts';
import type { PluginBuffers } from './meta/plugin-buffers.ts';
import { createPluginCache } from './meta/plugin-cache.ts';
import { createApi } from './meta/posthog-api.ts';
import { createCapture } from './meta/posthog-capture.ts';
import { createStorage } from './meta/storage.ts';
import type { PendingWork } from './pending-work.ts';
import { createPluginNodeModules } from './plugin-node-modules.ts';
import type { SandboxPlugin } from './protocol.ts';
import { copyInto, type Realm } from './realm.ts';
import type { RealmValues } from './realm-values.ts';
import { RetryError } from './retry-error.ts';

/** What the host does for plugins. */
export interface PluginServices {
  state: HostState;
  work: PendingWork;
  causes: Causes;
  buffers: PluginBuffers;
  readLibrary: LibrarySource;
  log: LogSink;
  metric: MetricSink;
  /** Carries requests of `fetch` in place of Node's own. */
  transport?: Transport;
  /** Hears of a connection that a plugin asked for and was refused. */
  onRefused: (plugin: number | null) => void;
  hookTimeoutMilliseconds: number;
  /** Milliseconds since 1970. */
  now: () => number;
  createUuid: () => string;
  prepareRealm?: ((realm: Realm) => void) | undefined;
}

/** What a plugin finds in its global scope beside ECMAScript's own. */
export function createGlobals(
  plugin: SandboxPlugin,
  realm: Realm,
  values: RealmValues,
  services: PluginServices,
  connecting: ConnectingPlugin,
): Record<string, unknown> {
  const { state, work, log, now, createUuid, causes, transport = nodeTransport, onRefused } = services;
  const limitMilliseconds = services.hookTimeoutMilliseconds;
  const fetch = createFetch({ realm: values, work, transport, plugin: connecting, onRefused, limitMilliseconds });
  const console = createConsole(plugin.id, (line) => log({ ...line, message: authorPositions(line.message) }), values);
  const node = createPluginNodeModules(work, limitMilliseconds);
  const read = services.readLibrary;
  const loadLibrary = createLibraryLoader({ plugin: plugin.id, realm, node, read, fetch, console });
  const createBuffer = services.buffers.creator(plugin.id, values);
  const require = createRequire({ fetch, createBuffer, node, loadLibrary });
  const access = () => state.apiAccess(plugin.id, plugin.teamId);
  const capture = createCapture({ plugin, outbox: state.captures, causes, realm: values, now, createUuid });
  return {
    console,
    fetch,
    google: createGoogle(require, values),
    posthog: values.object({ capture, api: createApi({ fetch, access, realm: values }) }),
    require,
    Buffer,
    RetryError,
    URL,
  };
}

/** The last argument of every hook: one object per plugin config, which the plugin may add to. */
export function createMeta(
  plugin: SandboxPlugin,
  metrics: DeclaredMetrics,
  realm: Realm,
  values: RealmValues,
  { state, causes, metric, now }: PluginServices,
): Record<string, unknown> {
  const { id } = plugin;
  const storage = {
    plugin: id,
    values: state.storage,
    commands: state.storageCommands,
    realm: values,
    problem: state.storageProblem,
  };
  return Object.assign(values.parse('{}') as Record<string, unknown>, {
    attachments: createAttachments(plugin.attachments ?? {}, values),
    cache: createPluginCache(id, state.cache, state.cacheCommands, values),
    config: copyInto(realm, plugin.config),
    geoip: createGeoip(state.locator, values),
    global: new (realm['Object'] as ObjectConstructor)(),
    jobs: createJobs({ plugin: id, outbox: state.jobs, causes, realm: values, now }),
    metrics: createMetrics(id, metrics, metric, values),
    storage: createStorage(storage),
    utils: values.object({ cursor: createCursor(id, state.storageCommands, values) }),
  });
}
