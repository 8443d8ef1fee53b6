import type { PluginConfig, PluginConfigError, Project } from '../plugins/plugin-config.ts';
import type { LoadResult, SandboxPlugin } from '../sandbox/protocol.ts';
import type { PluginHost } from './plugin-host.ts';
import { nextSetupAttempt, type SetupAttempts } from './setup-attempts.ts';

/** What the follower needs of the registry; `plugins/registry-reader.ts` and `plugins/registry-errors.ts` have it. */
export interface FollowedRegistry {
  /** One cheap read; grows with every change. */
  readVersion(): Promise<number>;
  readAll(): Promise<{ version: number; projects: Project[]; pluginConfigs: PluginConfig[] }>;
  readCode(codeHash: string): Promise<string>;
  recordError(pluginConfigId: number, error: PluginConfigError): Promise<void>;
  clearError(pluginConfigId: number): Promise<void>;
  /** Disables a plugin config unless it was changed since that revision. */
  disable(pluginConfigId: number, revision: number, error: PluginConfigError): Promise<unknown>;
}

export interface FollowerDeps {
  registry: FollowedRegistry;
  host: Pick<PluginHost, 'install'>;
  /** Milliseconds since 1970. */
  now: () => number;
  warn: (message: string, details: Record<string, unknown>) => void;
}

/** Keeps a plugin host at what the registry says. */
export interface RegistryFollower {
  /**
   * Called before each batch. Costs one read when nothing has changed. A plugin config that has changed, or whose `setupPlugin` asked
   * to be tried again and is due, is torn down and set up; the others are left alone.
   * When the registry cannot be read, what is installed stays; without anything installed yet, it throws.
   * What is known by the deadline (on the host's clock) is in the registry, so that the next attempt gets further.
   */
  refresh(deadline: number): Promise<void>;
  /** The plugin config as it is installed now. */
  find(pluginConfigId: number): PluginConfig | undefined;
}

export function followRegistry(deps: FollowerDeps): RegistryFollower {
  let version: number | null = null;
  let projects: Project[] = [];
  let configs = new Map<number, PluginConfig>();
  let loaded = new Map<number, { identity: string; plugin: SandboxPlugin }>();
  /** Of plugin configs that wait to be set up again, as they were when they failed. */
  const attempts = new Map<number, SetupAttempts & { identity: string }>();
  const code = new Map<string, string>();

  const readSnapshot = async (): Promise<void> => {
    const snapshot = await deps.registry.readAll();
    projects = snapshot.projects;
    configs = new Map(snapshot.pluginConfigs.filter(({ enabled }) => enabled).map((config) => [config.id, config]));
    version = snapshot.version;
    for (const id of attempts.keys()) if (!configs.has(id)) attempts.delete(id);
  };

  /** The same object for a plugin config that has not changed: that is how the host tells. */
  const sandboxPlugin = async (config: PluginConfig): Promise<SandboxPlugin> => {
    const identity = identityOf(config);
    const known = loaded.get(config.id);
    if (known?.identity === identity) return known.plugin;
    const text = code.get(config.plugin.codeHash) ?? (await deps.registry.readCode(config.plugin.codeHash));
    code.set(config.plugin.codeHash, text);
    const plugin: SandboxPlugin = {
      id: config.id,
      teamId: config.teamId,
      name: config.plugin.name,
      code: text,
      config: config.config,
      ...(config.allowedHosts === undefined ? {} : { allowedHosts: config.allowedHosts }),
    };
    loaded.set(config.id, { identity, plugin });
    return plugin;
  };

  /** Null when its code cannot be read: that is tried again, and keeps nobody else from running. */
  const sandboxPluginOrNull = (config: PluginConfig): Promise<SandboxPlugin | null> =>
    sandboxPlugin(config).catch(async (error: unknown) => {
      const { name, message } = error as Error;
      await conclude({ id: config.id, hooks: [], error: { hook: 'load', name, message, retry: true } });
      return null;
    });

  const install = async (deadline: number): Promise<void> => {
    const sorted = [...configs.values()].sort((a, b) => a.order - b.order || a.id - b.id);
    const waiting = sorted.filter(isWaiting);
    const plugins = await Promise.all(sorted.filter((config) => !waiting.includes(config)).map(sandboxPluginOrNull));
    loaded = new Map([...loaded].filter(([id]) => configs.has(id)));
    await deps.host.install(
      {
        plugins: plugins.filter((plugin) => plugin !== null),
        chains: projects.map(({ id }) => ({
          teamId: id,
          plugins: sorted.filter(({ teamId }) => teamId === id).map((config) => config.id),
        })),
        onLoad: conclude,
      },
      deadline,
    );
  };

  /** The attempts made so far; one that was changed since begins anew. */
  const attemptsOf = (config: PluginConfig): SetupAttempts | undefined => {
    const made = attempts.get(config.id);
    return made?.identity === identityOf(config) ? made : undefined;
  };
  const isWaiting = (config: PluginConfig): boolean => (attemptsOf(config)?.nextAt ?? 0) > deps.now();

  const conclude = async (result: LoadResult): Promise<void> => {
    const config = configs.get(result.id);
    if (config === undefined) return;
    if (result.error === undefined) {
      attempts.delete(config.id);
      if (config.error !== undefined) await tolerate('clearError', config.id, deps.registry.clearError(config.id));
      return;
    }
    const error = configError(result.error, deps.now());
    const next = result.error.retry ? nextSetupAttempt(attemptsOf(config), deps.now()) : null;
    // Another object, so that the host tries it again when it is due, or when its owner enables it as it was.
    loaded.delete(config.id);
    if (next === null) {
      await tolerate('disable', config.id, deps.registry.disable(config.id, config.revision, error));
      configs.delete(config.id);
      attempts.delete(config.id);
    } else {
      attempts.set(config.id, { ...next, identity: identityOf(config) });
      // Recording an error is no change, so no snapshot will bring it: remembered here, to be cleared after a success.
      configs.set(config.id, { ...config, error });
      await tolerate('recordError', config.id, deps.registry.recordError(config.id, error));
    }
    deps.warn(`Plugin ${config.plugin.name} (${config.id}) did not load: ${error.name}: ${error.message}`, {
      pluginConfig: config.id,
      hook: error.hook,
      ...(next === null ? { disabled: true } : { retryAt: new Date(next.nextAt).toISOString(), attempt: next.made }),
    });
  };

  /** What is only said about a plugin must not stop the events. */
  const tolerate = async (what: string, pluginConfig: number, work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) =>
      deps.warn(`The registry did not take ${what}: ${(error as Error).message}`, { pluginConfig }),
    );
  };

  return {
    async refresh(deadline) {
      const isDue = [...attempts.values()].some(({ nextAt }) => nextAt <= deps.now());
      try {
        const changed = (await deps.registry.readVersion()) !== version;
        if (changed) await readSnapshot();
        if (!changed && !isDue) return;
      } catch (error) {
        if (version === null) throw error;
        deps.warn(`The registry cannot be read; plugins stay as they are: ${(error as Error).message}`, {});
        return;
      }
      try {
        await install(deadline);
      } catch (error) {
        // Half installed is not installed: the next batch begins anew.
        version = null;
        throw error;
      }
    },
    find: (id) => configs.get(id),
  };
}

/** What a plugin is set up with: when it changes, the plugin is set up anew. */
function identityOf({ teamId, plugin, config, attachments, allowedHosts }: PluginConfig): string {
  return JSON.stringify([teamId, plugin.name, plugin.codeHash, config, attachments, allowedHosts]);
}

/** The registry's shape of a hook's error. */
export function configError(error: NonNullable<LoadResult['error']>, now: number): PluginConfigError {
  const { retry: _, ...rest } = error;
  return { ...rest, time: new Date(now).toISOString() };
}
