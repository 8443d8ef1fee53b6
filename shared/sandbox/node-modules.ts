import { closeBuiltins } from './close-builtins.ts';
import { closeInstances } from './close-instances.ts';

/**
 * One plugin's copies of Node's modules: what the plugin changes on them is its own. They are made, and what all copies share is
 * closed, when a module is first asked for, so that a plugin that imports nothing pays nothing.
 */
export interface NodeModules {
  /** @param name without `node:`; one that exists. */
  get(name: string): object;
}

// Taken now, before a plugin can put its own in its place.
const { getBuiltinModule } = process;

/** @param own modules that the plugin has something else for than a copy. */
export function createNodeModules(own: Record<string, () => object> = {}): NodeModules {
  const copies = new Map<string, object>();
  return {
    get(name) {
      const known = copies.get(name);
      if (known !== undefined) return known;
      const copy = Object.hasOwn(own, name) ? (own[name] as () => object)() : copyOfModule(name);
      copies.set(name, copy);
      return copy;
    },
  };
}

/** A copy of a module with closed contents; a module that is a function, such as `events`, is itself closed instead. */
export function copyOfModule(name: string): object {
  const module = loadModule(name);
  closeModule(name);
  return typeof module === 'function' ? module : copyOf(module);
}

/** Closes what all copies of a module share. */
export function closeModule(name: string): void {
  if (closedModules.has(name)) return;
  closedModules.add(name);
  const module = loadModule(name);
  closeInstances(name);
  closeBuiltins(typeof module === 'function' ? [module] : Object.values(dataOf(module)));
}

export function loadModule(name: string): object {
  return getBuiltinModule(`node:${name}`) as object;
}

const closedModules = new Set<string>();

/** Objects that work: frozen they could not. Whoever gets at them finds a copy, or nothing, in their place. */
const AT_WORK = ['globalAgent', 'performance'];

/** A module's own properties without those that are made when they are first asked for, such as `crypto.webcrypto`. */
function dataOf(module: object): object {
  const properties = Object.entries<PropertyDescriptor>(Object.getOwnPropertyDescriptors(module));
  return Object.fromEntries(
    properties
      .filter(([name, { get }]) => !get && !AT_WORK.includes(name))
      .map(([name, { value }]) => [name, value as unknown]),
  );
}

function copyOf(module: object): object {
  const copy = dataOf(module);
  const rest = Object.getOwnPropertyNames(module).filter(
    (name) => !Object.hasOwn(copy, name) && !AT_WORK.includes(name),
  );
  for (const lazy of rest) {
    Object.defineProperty(copy, lazy, {
      configurable: true,
      enumerable: false,
      get() {
        const value = (module as Record<string, unknown>)[lazy];
        closeBuiltins([value]);
        return value;
      },
      set(value: unknown) {
        Object.defineProperty(copy, lazy, { value, writable: true });
      },
    });
  }
  return copy;
}
