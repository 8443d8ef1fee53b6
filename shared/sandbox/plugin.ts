import { authorPositions, keepSourceMap, scriptName } from './author-positions.ts';
import { createRequire } from './imports.ts';
import type { CacheHost } from './meta/cache.ts';
import { createConsole, type LogSink } from './meta/console.ts';
import { createFetch } from './meta/fetch.ts';
import type { PendingWork } from './pending-work.ts';
import type { SandboxPlugin } from './protocol.ts';
import { copyInto, createRealm, evaluate, findExport } from './realm.ts';
import { RetryError } from './retry-error.ts';

/** A function that a plugin exports; every hook gets `meta` as its last argument. */
export type Hook = (...parameters: unknown[]) => unknown;

/** One plugin config with its code evaluated in a realm of its own. */
export interface Plugin {
  id: number;
  teamId: number;
  /** As the markers name it: `<plugin name> (<plugin config id>)`. */
  label: string;
  /** The hook that runs in the chain, made from `processEventBatch` when the plugin has only that. */
  processEvent: Hook | null;
  hooks: string[];
  hook(name: string): Hook | null;
  meta: Record<string, unknown>;
}

/** The hooks that the host knows. Any other export is the plugin's own business. */
export const HOOKS = [
  'setupPlugin',
  'teardownPlugin',
  'processEvent',
  'processEventBatch',
  'onEvent',
  'onSnapshot',
  'exportEvents',
] as const;

/** Hooks that run later, on the event as it was ingested. */
export const DEFERRED_HOOKS = ['onEvent', 'onSnapshot', 'exportEvents'];

export interface PluginServices {
  caches: CacheHost;
  work: PendingWork;
  log: LogSink;
  hookTimeoutMilliseconds: number;
}

/** Evaluates a plugin's code and finds its hooks. Does not call any. */
export function loadPlugin(source: SandboxPlugin, services: PluginServices): Plugin {
  const fetch = createFetch(services.work, services.hookTimeoutMilliseconds);
  const realm = createRealm({
    console: createConsole(source.id, (line) => services.log({ ...line, message: authorPositions(line.message) })),
    fetch,
    require: createRequire(fetch),
    Buffer,
    RetryError,
    URL,
  });
  realm['global'] = realm;
  const code = keepSourceMap(source.id, source.code);
  const places = evaluate(realm, code, scriptName(source.id), services.hookTimeoutMilliseconds);
  const hook = (name: string) => (findExport(places, name) as Hook | undefined) ?? null;
  return {
    id: source.id,
    teamId: source.teamId,
    label: `${source.name} (${source.id})`,
    processEvent: hook('processEvent') ?? oneByOne(hook('processEventBatch')),
    hooks: HOOKS.filter((name) => hook(name) !== null),
    hook,
    meta: {
      attachments: {},
      cache: services.caches.cacheOf(source.id),
      config: copyInto(realm, source.config),
      global: new (realm['Object'] as ObjectConstructor)(),
    },
  };
}

/** A plugin of the first generation has only `processEventBatch`: it gets each event in a batch of one. */
function oneByOne(processEventBatch: Hook | null): Hook | null {
  if (processEventBatch === null) return null;
  return async (event, meta) => ((await processEventBatch([event], meta)) as unknown[] | undefined)?.[0];
}
