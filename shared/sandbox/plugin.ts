import { keepSourceMap, scriptName } from './author-positions.ts';
import { type ConnectingPlugin, createConnectingPlugin } from './connecting-plugin.ts';
import { type DeclaredMetrics, declaredMetrics } from './meta/metrics.ts';
import { createGlobals, createMeta, type PluginServices } from './plugin-world.ts';
import type { SandboxPlugin } from './protocol.ts';
import { createRealm, evaluate, findExport, provide } from './realm.ts';
import { createRealmValues } from './realm-values.ts';

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
  metrics: DeclaredMetrics;
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

/** Hooks that are called for every event. */
const FREQUENT_HOOKS = ['processEvent', 'processEventBatch', 'onEvent', 'onSnapshot'];

/** Evaluates a plugin's code and finds its hooks. Does not call any. */
export function loadPlugin(source: SandboxPlugin, services: PluginServices): Plugin {
  const connecting = createConnectingPlugin(source);
  const realm = createRealm();
  const values = createRealmValues(realm, source.id);
  provide(realm, createGlobals(source, values, services, connecting));
  realm['global'] = realm;
  const code = keepSourceMap(source.id, source.code);
  const { hookTimeoutMilliseconds } = services;
  const places = connecting.run(() => evaluate(realm, code, scriptName(source.id), hookTimeoutMilliseconds));
  const hook = (name: string) => runAs(connecting, name, (findExport(places, name) as Hook | undefined) ?? null);
  const hooks = HOOKS.filter((name) => hook(name) !== null);
  const metrics = declaredMetrics(findExport(places, 'metrics'), hooks.includes('exportEvents'));
  return {
    id: source.id,
    teamId: source.teamId,
    label: `${source.name} (${source.id})`,
    processEvent: hook('processEvent') ?? oneByOne(hook('processEventBatch')),
    hooks,
    metrics,
    hook,
    meta: createMeta(source, metrics, realm, values, services),
  };
}

/** Lets what a hook opens be known as the plugin's. Of hooks that run for every event only where that is needed to enforce a list. */
function runAs(plugin: ConnectingPlugin, name: string, hook: Hook | null): Hook | null {
  if (typeof hook !== 'function' || (plugin.hosts === null && FREQUENT_HOOKS.includes(name))) return hook;
  return (...parameters) => plugin.run(() => hook(...parameters));
}

/** A plugin of the first generation has only `processEventBatch`: it gets each event in a batch of one. */
function oneByOne(processEventBatch: Hook | null): Hook | null {
  if (processEventBatch === null) return null;
  return async (event, meta) => ((await processEventBatch([event], meta)) as unknown[] | undefined)?.[0];
}
