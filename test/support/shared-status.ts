import type { PluginConfig, SetupAttempts } from '../../shared/registry/plugin-config.ts';
import type { RegistrySetups } from '../../shared/registry/registry-setups.ts';

/** The part of the registry that execution environments share attempts by, in memory; test/contracts/registry-setups.test.ts holds it to the promises. */
export function createSharedStatus(countVersion: () => void) {
  const status = new Map<number, Pick<PluginConfig, 'setup' | 'capabilities' | 'metrics'>>();
  const store = (id: number, setup: SetupAttempts, isAllowed: (stored: SetupAttempts | undefined) => boolean) => {
    const stored = status.get(id)?.setup;
    if (!isAllowed(stored)) return { won: false as const, stored: stored ?? null };
    status.set(id, { ...status.get(id), setup });
    return { won: true as const };
  };
  const setups: RegistrySetups = {
    async recordLoad(id, load) {
      const { setup, ...rest } = status.get(id) ?? {};
      status.set(id, { ...rest, ...load });
      if (setup !== undefined) countVersion();
    },
    recordFirstFailure: async (id, first) =>
      store(id, first, (stored) => stored === undefined || stored.revision < first.revision),
    claimAttempt: async (id, before, next) =>
      store(id, next, (stored) => stored?.revision === before.revision && stored.made === before.made),
  };
  return { setups, join: (config: PluginConfig): PluginConfig => ({ ...config, ...status.get(config.id) }) };
}
