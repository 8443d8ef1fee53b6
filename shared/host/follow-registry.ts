import { errorFacts, pluginFacts, type TellLifecycleEvent } from '../lifecycle/lifecycle-event.ts';
import type { PluginConfig, PluginConfigError, Project } from '../registry/plugin-config.ts';
import type { RegistrySetups } from '../registry/registry-setups.ts';
import type { PluginLogLine, PluginReport } from '../sandbox/plugin-report.ts';
import type { HookError, LoadResult, SandboxPlugin } from '../sandbox/protocol.ts';
import { configError, unknownEnd } from './config-error.ts';
import { createLifecycleLog } from './lifecycle-log.ts';
import { createPluginFiles, type PluginFilesDeps } from './plugin-files.ts';
import type { PluginHost } from './plugin-host.ts';
import { newlyLearned } from './plugin-load.ts';
import { createSetupAttempts } from './setup-attempts.ts';
import { setupFailed } from './setup-failed.ts';
import { withTellingAgain } from './tell-again.ts';

/** What the follower needs of the registry; `registry/registry-*.ts` have it. */
export interface FollowedRegistry extends PluginFilesDeps, RegistrySetups {
  /** One cheap read; grows with every change. */
  readVersion(): Promise<number>;
  readAll(): Promise<{ version: number; projects: Project[]; pluginConfigs: PluginConfig[] }>;
  recordError(pluginConfigId: number, error: PluginConfigError): Promise<void>;
  /** Disables a plugin config unless it was changed since that revision: then the answer is `outdated`. */
  disable(pluginConfigId: number, revision: number, error: PluginConfigError): Promise<unknown>;
}

export interface FollowerDeps {
  registry: FollowedRegistry;
  host: Pick<PluginHost, 'install' | 'tearDown'>;
  /** Names this execution environment in what is logged. */
  instanceId: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Takes lines about plugins. */
  log: (line: PluginLogLine) => void;
  /** Hears what an operator may want to act on; nobody does where it is absent. */
  tell?: TellLifecycleEvent;
  /** Hears what plugins did while they were loaded or torn down. */
  onReport(report: PluginReport): Promise<void>;
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
  /** The project as it was read last. */
  findProject(id: number): Project | undefined;
  /** Tears all plugins down, for at most so long, and ends the host. Nothing may be under way. */
  tearDown(limitMilliseconds: number): Promise<void>;
}

export function followRegistry(given: FollowerDeps): RegistryFollower {
  const registry = withTellingAgain(given.registry, (id, error) => warnOfRefusal('how it fares', id, error));
  const deps = { ...given, registry };
  /** Plugin configs that are known, enabled or not. */
  let ids = new Set<number>();
  let version: number | null = null;
  let projects: Project[] = [];
  let configs = new Map<number, PluginConfig>();
  let loaded = new Map<number, { identity: string; plugin: SandboxPlugin }>();
  /** Run on as they were before a change: what they are to become could not be read yet. */
  const kept = new Map<number, SandboxPlugin>();
  const files = createPluginFiles(deps.registry);
  const lifecycle = createLifecycleLog(deps);
  const attempts = createSetupAttempts({
    ...deps,
    onRefusal: (id, error) => warnOfRefusal('an attempt to set it up', id, error),
  });

  const readSnapshot = async (): Promise<void> => {
    const snapshot = await deps.registry.readAll();
    projects = snapshot.projects;
    ids = new Set(snapshot.pluginConfigs.map(({ id }) => id));
    configs = new Map(snapshot.pluginConfigs.filter(({ enabled }) => enabled).map((config) => [config.id, config]));
    version = snapshot.version;
    loaded = new Map([...loaded].filter(([id]) => configs.has(id)));
    for (const id of kept.keys()) if (!configs.has(id)) kept.delete(id);
    files.keepOnly(configs.values());
    // What runs here needs no attempt, whatever happened elsewhere.
    attempts.follow([...configs.values()].filter((config) => !isRunning(config)));
  };

  const isRunning = (config: PluginConfig): boolean =>
    lifecycle.running(config.id) !== undefined && loaded.get(config.id)?.identity === identityOf(config);

  /** The same object for a plugin config that has not changed: that is how the host tells. */
  const sandboxPlugin = async (config: PluginConfig): Promise<SandboxPlugin> => {
    const identity = identityOf(config);
    const known = loaded.get(config.id);
    if (known?.identity === identity) return known.plugin;
    const plugin = await files.complete(config);
    loaded.set(config.id, { identity, plugin });
    return plugin;
  };

  /** As it ran before, or null, when its files or secrets cannot be read: that is tried again, and keeps nobody else from running. */
  const sandboxPluginOrNull = async (config: PluginConfig): Promise<SandboxPlugin | null> => {
    try {
      const plugin = await sandboxPlugin(config);
      kept.delete(config.id);
      return plugin;
    } catch (error) {
      const { name, message } = error as Error;
      const before = lifecycle.running(config.id);
      if (before !== undefined) kept.set(config.id, before);
      await onFailure(config, { hook: 'load', name, message, retry: true });
      return kept.get(config.id) ?? null;
    }
  };

  const install = async (deadline: number): Promise<void> => {
    const sorted = [...configs.values()].sort((a, b) => a.order - b.order || a.id - b.id);
    const current = async (config: PluginConfig) =>
      attempts.isWaiting(config) ? (kept.get(config.id) ?? null) : sandboxPluginOrNull(config);
    const plugins = (await Promise.all(sorted.map(current))).filter((plugin) => plugin !== null);
    const reports = lifecycle.expectTeardowns(plugins);
    await deps.host.install(
      {
        plugins,
        chains: projects.map(({ id }) => ({
          teamId: id,
          plugins: sorted.filter(({ teamId }) => teamId === id).map((config) => config.id),
        })),
        onLoad,
        onReport,
      },
      deadline,
    );
    reports.end();
  };

  const onReport = async (report: PluginReport): Promise<void> => {
    lifecycle.hear(report);
    await deps.onReport(report);
  };

  const onLoad = async (result: LoadResult): Promise<void> => {
    const config = configs.get(result.id);
    if (config === undefined) return;
    if (result.error === undefined) await onSuccess(config, result);
    else await onFailure(config, result.error);
  };

  const onSuccess = async (config: PluginConfig, result: LoadResult): Promise<void> => {
    lifecycle.loaded(config.id, loaded.get(config.id)?.plugin);
    const wasWaiting = attempts.forget(config.id);
    const learned = newlyLearned(config, result);
    if (wasWaiting) deps.tell?.({ type: 'Plugin recovered', ...pluginFacts(config.id, config) });
    if (!wasWaiting && config.error === undefined && learned === null) return;
    const { error: _, setup: __, ...rest } = config;
    configs.set(config.id, { ...rest, ...learned });
    await tolerate('that it loaded', config.id, deps.registry.recordLoad(config.id, learned ?? {}));
  };

  const onFailure = async (config: PluginConfig, hookError: HookError): Promise<void> => {
    const error = configError(hookError, deps.now());
    // Another object, so that the host tries it again when it is due, or when its owner enables it as it was.
    loaded.delete(config.id);
    const next = hookError.retry ? await attempts.failed(config) : null;
    lifecycle.failed(config, error, next, hookError.retry, kept.has(config.id));
    deps.tell?.(setupFailed(config, error, next, hookError.retry));
    if (next === null) return giveUp(config, error, hookError.retry ? 'setup_exhausted' : 'setup_failed');
    // Recording an error is no change, so no snapshot will bring it: remembered here, to be cleared after a success.
    configs.set(config.id, { ...config, error });
    await tolerate('its error', config.id, deps.registry.recordError(config.id, error));
  };

  const giveUp = async (
    config: PluginConfig,
    error: PluginConfigError,
    cause: 'setup_failed' | 'setup_exhausted',
  ): Promise<void> => {
    configs.delete(config.id);
    kept.delete(config.id);
    attempts.forget(config.id);
    const disable = async () => {
      if ((await deps.registry.disable(config.id, config.revision, error)) === 'outdated') return;
      deps.tell?.({ type: 'Plugin disabled', ...pluginFacts(config.id, config), cause, error: errorFacts(error) });
    };
    await tolerate('that it is disabled', config.id, disable());
  };

  const claimDue = async (): Promise<boolean> => {
    const { ready, exhausted } = await attempts.claimDue(configs);
    for (const config of exhausted) {
      const error = config.error ?? unknownEnd(deps.now());
      lifecycle.failed(config, error, null, true);
      deps.tell?.(setupFailed(config, error, null, true));
      await giveUp(config, error, 'setup_exhausted');
    }
    return ready.length > 0 || exhausted.length > 0;
  };

  /** What is only said about a plugin must not stop the events. */
  const tolerate = async (what: string, pluginConfig: number, work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => warnOfRefusal(what, pluginConfig, error as Error));
  };
  const warnOfRefusal = (what: string, pluginConfig: number, error: Error): void =>
    deps.warn(`The registry did not take ${what}: ${error.message}`, { pluginConfig });

  return {
    async refresh(deadline) {
      let changed = false;
      try {
        changed = (await deps.registry.readVersion()) !== version;
        if (changed) await readSnapshot();
      } catch (error) {
        if (version === null) throw error;
        deps.warn(`The registry cannot be read; plugins stay as they are: ${(error as Error).message}`, {});
        return;
      }
      await registry.tellAgain((id) => ids.has(id));
      const mayBeSetUp = await claimDue();
      if (!changed && !mayBeSetUp) return;
      try {
        await install(deadline);
      } catch (error) {
        // Half installed is not installed: the next batch begins anew.
        version = null;
        throw error;
      }
    },
    find: (id) => configs.get(id),
    findProject: (id) => projects.find((project) => project.id === id),
    async tearDown(limitMilliseconds) {
      const reports = lifecycle.expectTeardowns([]);
      await deps.host.tearDown(limitMilliseconds);
      reports.end();
    },
  };
}

/** What a plugin is set up with: when it changes, the plugin is set up anew. */
function identityOf({ teamId, plugin, config, secrets, attachments, allowedHosts }: PluginConfig): string {
  return JSON.stringify([teamId, plugin.name, plugin.codeHash, config, secrets, attachments, allowedHosts]);
}
