import crypto from 'node:crypto';
import url from 'node:url';
import zlib from 'node:zlib';
import { RetryError } from './retry-error.ts';

/** Modules that a plugin may import, by name. */
export function createRequire(fetch: unknown): (name: string) => unknown {
  const modules: Record<string, unknown> = {
    '@posthog/plugin-scaffold': { RetryError, MetricsOperation: { Sum: 'sum', Max: 'max', Min: 'min' } },
    crypto,
    'node-fetch': fetch,
    url,
    zlib,
  };
  return (name) => {
    if (Object.hasOwn(modules, name)) return modules[name];
    const provided = Object.keys(modules).sort().join(', ');
    throw new Error(
      `Cannot import '${name}'! This package is not provided by PostHog in plugins. Provided are: ${provided}. Bundle other packages into the plugin.`,
    );
  };
}
