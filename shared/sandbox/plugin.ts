import { type ExportSettings, exportSettings } from '../pipeline/export-settings.ts';
import { keepSourceMap, scriptName } from './author-positions.ts';
import type { Cause } from './causes.ts';
import { type ConnectingPlugin, createConnectingPlugin } from './connecting-plugin.ts';
import { type ExportedHooks, exportedHooks, type Hook } from './exported-hooks.ts';
import { type DeclaredMetrics, declaredMetrics } from './meta/metrics.ts';
import { createGlobals, createMeta, type PluginServices } from './plugin-world.ts';
import type { SandboxPlugin } from './protocol.ts';
import { createRealm, evaluate, findExport, provide } from './realm.ts';
import { createRealmValues, type RealmValues } from './realm-values.ts';

/** One plugin config with its code evaluated in a realm of its own. */
export interface Plugin {
  id: number;
  teamId: number;
  name: string;
  /** As the markers name it: `<plugin name> (<plugin config id>)`. */
  label: string;
  hooks: ExportedHooks;
  metrics: DeclaredMetrics;
  meta: Record<string, unknown>;
  exportSettings: ExportSettings;
  /** Makes values of the plugin's own kind. */
  values: RealmValues;
  /** As the plugin has it, for requests on its behalf. */
  fetch: typeof fetch;
  /** Whether its code has the word `capture`, without which it hardly calls `posthog.capture`. */
  mayCapture: boolean;
  /** Calls a function so that what it starts is known to come of this; of plugins that may capture only, since it has a price. */
  causing<Result>(cause: Cause, call: () => Result): Result;
}

const CAPTURE = /\bcapture\b/;

/** Hooks that are called for every event. */
const FREQUENT_HOOKS = ['processEvent', 'onEvent', 'onSnapshot'];

/** Evaluates a plugin's code and finds its hooks. Does not call any. */
export function loadPlugin(source: SandboxPlugin, services: PluginServices): Plugin {
  const mayCapture = CAPTURE.test(source.code);
  const connecting = createConnectingPlugin(source, mayCapture);
  const realm = createRealm();
  services.prepareRealm?.(realm);
  const values = createRealmValues(realm, source.id);
  const globals = createGlobals(source, realm, values, services, connecting);
  provide(realm, globals);
  realm['global'] = realm;
  const code = keepSourceMap(source.id, source.code);
  const { hookTimeoutMilliseconds, causes } = services;
  const places = connecting.run(() => evaluate(realm, code, scriptName(source.id), hookTimeoutMilliseconds));
  const hooks = exportedHooks(places, (name, hook) => runAs(connecting, name, hook));
  const metrics = declaredMetrics(findExport(places, 'metrics'), hooks.capabilities.methods.includes('exportEvents'));
  return {
    id: source.id,
    teamId: source.teamId,
    name: source.name,
    label: `${source.name} (${source.id})`,
    hooks,
    metrics,
    meta: createMeta(source, metrics, realm, values, services),
    exportSettings: exportSettings(source.config),
    values,
    fetch: globals['fetch'] as typeof fetch,
    mayCapture,
    causing: (cause, call) => (mayCapture ? causes.during(source.id, cause, call) : call()),
  };
}

/** Lets what a hook opens be known as the plugin's. Of hooks that run for every event only where that is needed to enforce a list. */
function runAs(plugin: ConnectingPlugin, name: string, hook: Hook): Hook {
  if (typeof hook !== 'function' || (plugin.hosts === null && FREQUENT_HOOKS.includes(name))) return hook;
  return (...parameters) => plugin.run(() => hook(...parameters));
}
