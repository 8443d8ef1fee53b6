import type { CacheEntry, CacheKey } from '../sandbox/protocol.ts';
import type { CacheStore } from '../state/cache-store.ts';
import type { Services } from './child-session.ts';

export interface ServicesDeps {
  cache: CacheStore;
  warn: (message: string, details: Record<string, unknown>) => void;
}

/** Answers what the child asks for. A rejection reaches the plugin, or, for writes, keeps the batch from being acknowledged. */
export function createServices({ cache, warn }: ServicesDeps): Services {
  return async (service, payload) => {
    switch (service) {
      case 'cache.read':
        return cache.readMany(payload as CacheKey[]);
      case 'cache.write': {
        // One entry that is too large is its plugin's mistake; the others are stored.
        for (const { message, plugin } of await cache.writeMany(payload as CacheEntry[]))
          warn(message, { pluginConfig: plugin });
        return null;
      }
    }
  };
}
