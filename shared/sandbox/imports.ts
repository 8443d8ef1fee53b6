import {
  isLibrary,
  isProvided,
  type LibraryName,
  type ModulesOf,
  PROVIDED_MODULES,
} from '../libraries/provided-modules.ts';
import { closeBuiltins } from './close-builtins.ts';
import { closeModule, type NodeModules } from './node-modules.ts';
import { RetryError } from './retry-error.ts';

export interface ImportDeps {
  fetch: unknown;
  createBuffer: unknown;
  node: NodeModules;
  /** Gives this plugin's own evaluation of a library; called once for each. */
  loadLibrary: (name: LibraryName) => unknown;
}

/** What a plugin's imports come to: each module is there once for each plugin, and made when it is first asked for. */
export function createRequire({ fetch, createBuffer, node, loadLibrary }: ImportDeps): (name: string) => unknown {
  const own: Record<ModulesOf<'own'>, unknown> = {
    '@posthog/plugin-contrib': { createBuffer },
    '@posthog/plugin-scaffold': { RetryError, MetricsOperation: { Sum: 'sum', Max: 'max', Min: 'min' } },
    'node-fetch': fetch,
  };
  const libraries = new Map<LibraryName, unknown>();
  return (name) => {
    if (!isProvided(name)) throw notProvided(name);
    if (Object.hasOwn(own, name)) return own[name as ModulesOf<'own'>];
    if (!isLibrary(name)) return node.get(name);
    if (!libraries.has(name)) libraries.set(name, loadLibrary(name));
    return libraries.get(name);
  };
}

/** Closes what the copies of those modules share that plugins can reach without an import: `Buffer` leads there, and `fetch`. */
export function closeModules(): void {
  for (const name of ['crypto', 'url', 'zlib']) closeModule(name);
  closeBuiltins([RetryError]);
}

function notProvided(name: string): Error {
  const provided = Object.keys(PROVIDED_MODULES).sort().join(', ');
  return new Error(
    `Cannot import '${name}'! This package is not provided by PostHog in plugins. Provided are: ${provided}. Bundle other packages into the plugin.`,
  );
}
