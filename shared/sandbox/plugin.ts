import { type ExportSettings, exportSettings } from '../pipeline/export-settings.ts';
import { keepSourceMap, scriptName } from './author-positions.ts';
import { type ExportedHooks, exportedHooks } from './exported-hooks.ts';
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
}

/** Evaluates a plugin's code and finds its hooks. Does not call any. */
export function loadPlugin(source: SandboxPlugin, services: PluginServices): Plugin {
  const realm = createRealm();
  services.prepareRealm?.(realm);
  const values = createRealmValues(realm, source.id);
  const globals = createGlobals(source, realm, values, services);
  provide(realm, globals);
  realm['global'] = realm;
  const code = keepSourceMap(source.id, source.code);
  const places = evaluate(realm, code, scriptName(source.id), services.hookTimeoutMilliseconds);
  const hooks = exportedHooks(places);
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
  };
}
