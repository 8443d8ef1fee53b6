import vm from 'node:vm';
import type { LibraryName } from '../libraries/provided-modules.ts';
import { closeBuiltins } from './close-builtins.ts';
import type { LibrarySource } from './library-source.ts';
import type { NodeModules } from './node-modules.ts';
import type { Realm } from './realm.ts';

export interface LibraryDeps {
  /** The plugin config's id. */
  plugin: number;
  realm: Realm;
  node: NodeModules;
  read: LibrarySource;
  fetch: unknown;
  console: unknown;
}

/**
 * Evaluates libraries in the plugin's realm, each plugin its own: their classes, errors and lists are of the plugin's kind, so `instanceof`
 * works both ways, they may change built-ins as they like, and what the plugin changes on them nobody else sees.
 * What they need of Node and a plugin does not have, such as timers and `process`, they get as parameters of the function around them.
 *
 * @throws what a library throws while it is evaluated; it is evaluated again at the next import.
 */
export function createLibraryLoader(deps: LibraryDeps): (name: LibraryName) => unknown {
  let scope: Record<string, unknown> | null = null;
  return (name) => {
    scope ??= createScope(deps);
    const module = new (deps.realm['Object'] as ObjectConstructor)() as { exports: unknown };
    const exports = new (deps.realm['Object'] as ObjectConstructor)();
    module.exports = exports;
    const parameters = { ...scope, module, exports };
    const evaluate = vm.compileFunction(deps.read(name), Object.keys(parameters), {
      parsingContext: deps.realm,
      // In the stack of an error that nobody caught this names the plugin.
      filename: `plugin-config-${deps.plugin}/node_modules/${name}.js`,
    });
    Reflect.apply(evaluate, exports, Object.values(parameters));
    return module.exports;
  };
}

/** What a library finds beside ECMAScript's built-ins, which are the realm's. */
function createScope({ realm, node, fetch, console }: LibraryDeps): Record<string, unknown> {
  const process = node.get('process');
  const require = (name: string) => {
    const bare = name.replace(/^node:/, '');
    if (NODE_MODULES.has(bare)) return node.get(bare);
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  };
  // Buffers are of the host's kind, and libraries ask whether bytes are.
  const bytes = { ArrayBuffer, Uint8Array };
  const own = { ...sharedGlobals(), ...bytes, console, fetch, process };
  const global = Object.assign(Object.create(realm) as object, own);
  return { ...own, require, global, globalThis: global, __dirname: '/', __filename: '/library.js' };
}

/** Globals of Node that the libraries of all plugins share, closed. */
function sharedGlobals(): Record<string, unknown> {
  const shared = {
    AbortController,
    AbortSignal,
    Buffer,
    Event,
    EventTarget,
    TextDecoder,
    TextEncoder,
    URL,
    URLSearchParams,
    atob,
    btoa,
    clearImmediate,
    clearInterval,
    clearTimeout,
    escape,
    queueMicrotask,
    setImmediate,
    setInterval,
    setTimeout,
    structuredClone,
    unescape,
  };
  const timeout = setTimeout(() => {}, 0);
  const immediate = setImmediate(() => {});
  clearTimeout(timeout);
  clearImmediate(immediate);
  closeBuiltins([...Object.values(shared), Object.getPrototypeOf(timeout), Object.getPrototypeOf(immediate)]);
  return shared;
}

/** Node's modules that the bundles require. */
export const NODE_MODULES = new Set(
  [
    'assert async_hooks buffer child_process crypto dgram dns domain events fs fs/promises http http2 https net os path perf_hooks',
    'process punycode querystring stream string_decoder timers tls tty url util util/types zlib',
  ].flatMap((line) => line.split(' ')),
);
