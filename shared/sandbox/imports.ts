import crypto from 'node:crypto';
import url from 'node:url';
import zlib from 'node:zlib';
import { closeBuiltins } from './close-builtins.ts';
import { closeInstances } from './close-instances.ts';
import { RetryError } from './retry-error.ts';

/** Modules that a plugin may import, by name. What it changes on them is its own: other plugins have other copies. */
export function createRequire(fetch: unknown): (name: string) => unknown {
  const modules: Record<string, unknown> = {
    '@posthog/plugin-scaffold': { RetryError, MetricsOperation: { Sum: 'sum', Max: 'max', Min: 'min' } },
    crypto: copyOf(crypto),
    'node-fetch': fetch,
    url: copyOf(url),
    zlib: copyOf(zlib),
  };
  return (name) => {
    closeInstances(name);
    if (Object.hasOwn(modules, name)) return modules[name];
    const provided = Object.keys(modules).sort().join(', ');
    throw new Error(
      `Cannot import '${name}'! This package is not provided by PostHog in plugins. Provided are: ${provided}. Bundle other packages into the plugin.`,
    );
  };
}

/** Closes what all copies share. */
export function closeModules(): void {
  for (const module of [crypto, url, zlib, { RetryError }]) closeBuiltins(Object.values(dataOf(module)));
}

/** A module's own properties without those that are made when they are first asked for, such as `crypto.webcrypto`. */
function dataOf(module: object): object {
  const properties = Object.entries<PropertyDescriptor>(Object.getOwnPropertyDescriptors(module));
  return Object.fromEntries(
    properties.filter(([, { get }]) => !get).map(([name, { value }]) => [name, value as unknown]),
  );
}

function copyOf(module: object): object {
  const copy = dataOf(module);
  const rest = Object.getOwnPropertyNames(module).filter((name) => !Object.hasOwn(copy, name));
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
