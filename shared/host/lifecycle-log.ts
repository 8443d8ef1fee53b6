import type { PluginConfig, PluginConfigError, SetupAttempts } from '../registry/plugin-config.ts';
import type { PluginLogLine, PluginReport } from '../sandbox/plugin-report.ts';
import type { SandboxPlugin } from '../sandbox/protocol.ts';

export interface LifecycleLogDeps {
  /** Names this execution environment. */
  instanceId: string;
  log: (line: PluginLogLine) => void;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Knows which plugins run, and tells their owners of every load and unload, in PostHog's words. */
export interface LifecycleLog {
  /** What runs for a plugin config, perhaps of before its last change. */
  running(pluginConfigId: number): SandboxPlugin | undefined;
  loaded(pluginConfigId: number, plugin: SandboxPlugin | undefined): void;
  /** `next` is null when the plugin config is to be disabled; `retry` says whether it had attempts, `runsOn` that what ran before still does. */
  failed(
    config: Pick<PluginConfig, 'id'>,
    error: Pick<PluginConfigError, 'name' | 'message'>,
    next: SetupAttempts | null,
    retry: boolean,
    runsOn?: boolean,
  ): void;
  /** Of those that run, only these stay. What is torn down is told when its report comes, or at the end, as failed, when none came. */
  expectTeardowns(staying: readonly SandboxPlugin[]): { end(): void };
  hear(report: Pick<PluginReport, 'errors'>): void;
}

export function createLifecycleLog({ instanceId, log, now }: LifecycleLogDeps): LifecycleLog {
  const running = new Map<number, SandboxPlugin>();
  let leaving: number[] = [];
  const system = (plugin: number, level: 'INFO' | 'ERROR', message: string) =>
    log({ plugin, source: 'SYSTEM', level, message });

  const tellUnloaded = (failed: (id: number) => boolean): void => {
    for (const id of leaving) {
      if (failed(id)) system(id, 'ERROR', `Plugin failed to unload (instance ID ${instanceId}).`);
      else system(id, 'INFO', `Plugin unloaded (instance ID ${instanceId}).`);
    }
    leaving = [];
  };

  return {
    running: (id) => running.get(id),

    loaded(id, plugin) {
      if (plugin !== undefined) running.set(id, plugin);
      system(id, 'INFO', `Plugin loaded (instance ID ${instanceId}).`);
    },

    failed({ id }, { name, message }, next, retry, runsOn = false) {
      if (!runsOn) running.delete(id);
      log({ plugin: id, source: 'PLUGIN', level: 'ERROR', message: `${name}: ${message}` });
      system(id, 'ERROR', `Plugin failed to load (instance ID ${instanceId}). ${consequence(next, retry, now())}`);
    },

    expectTeardowns(staying) {
      leaving = [...running].filter(([, plugin]) => !staying.includes(plugin)).map(([id]) => id);
      for (const id of leaving) running.delete(id);
      return { end: () => tellUnloaded(() => true) };
    },

    hear({ errors }) {
      const failed = new Set(errors.filter(({ last }) => last.hook === 'teardownPlugin').map(({ plugin }) => plugin));
      tellUnloaded((id) => failed.has(id));
    },
  };
}

function consequence(next: SetupAttempts | null, retry: boolean, now: number): string {
  if (next !== null) return `Retrying in ${Math.max(0, Math.ceil((next.nextAt - now) / 1000))} s.`;
  return retry ? 'Disabling it due to too many retries.' : 'Disabling it: only a RetryError is tried again.';
}
