import type { Installation } from '../../shared/host/child-keeper.ts';
import { followRegistry } from '../../shared/host/follow-registry.ts';
import type { LifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';
import type { PluginConfig } from '../../shared/registry/plugin-config.ts';
import type { PluginLogLine, PluginReport } from '../../shared/sandbox/plugin-report.ts';
import type { HookError, LoadResult } from '../../shared/sandbox/protocol.ts';
import { createSharedStatus } from './shared-status.ts';

/** An enabled plugin config of project 1. */
export function configOf(id: number, overrides: Partial<PluginConfig> = {}): PluginConfig {
  return {
    id,
    teamId: 1,
    plugin: { id, name: `Plugin ${id}`, codeHash: `hash-${id}` },
    enabled: true,
    revision: 100 + id,
    order: id,
    config: {},
    attachments: {},
    ...overrides,
  };
}

export const ERROR: HookError = { hook: 'setupPlugin', name: 'TypeError', message: 'no key', retry: false };
export const RETRY: HookError = { ...ERROR, name: 'RetryError', message: 'later', retry: true };

/** A follower between a registry and a host that are as the test says. */
export function harness(...pluginConfigs: PluginConfig[]) {
  const world = {
    now: 0,
    version: 1,
    pluginConfigs,
    /** What keeps the registry from being read. */
    outage: null as Error | null,
    /** What plugin configs fail with when they are set up. */
    errors: new Map<number, HookError>(),
    /** What plugin configs tell when they are set up. */
    told: new Map<number, Pick<LoadResult, 'capabilities' | 'metrics'>>(),
    /** Hashes of code, keys of attachments, and `key`, the one of secrets, that are not there. */
    missingFiles: new Set<string>(),
    /** What is reported of the teardowns of an installation. */
    report: null as PluginReport | null,
    hostFailure: null as Error | null,
    /** What becomes of a disabling. */
    disabling: 'disabled' as 'disabled' | 'outdated',
  };
  const installations: Installation[] = [];
  /** Ids of the plugin configs that each installation set up, as the host tells them: by identity of the object. */
  const setUps: number[][] = [];
  const calls: unknown[][] = [];
  const lines: PluginLogLine[] = [];
  const told: LifecycleEvent[] = [];
  const reads = { all: 0, code: [] as string[], attachments: [] as string[], secrets: [] as number[] };
  const status = createSharedStatus(() => void world.version++);
  let before: Installation['plugins'] = [];
  const follower = followRegistry({
    registry: {
      async readVersion() {
        if (world.outage !== null) throw world.outage;
        return world.version;
      },
      async readAll() {
        reads.all++;
        const { version } = world;
        return { version, projects: [{ id: 1, name: 'One' }], pluginConfigs: world.pluginConfigs.map(status.join) };
      },
      async readCode(codeHash) {
        reads.code.push(codeHash);
        if (world.missingFiles.has(codeHash)) throw new Error(`Cannot read code/${codeHash}.js`);
        return `code of ${codeHash}`;
      },
      async readAttachment(key) {
        reads.attachments.push(key);
        if (world.missingFiles.has(key)) throw new Error(`Cannot read ${key}`);
        return Buffer.from(`bytes of ${key}`);
      },
      async openSecrets({ id, secrets = {} }) {
        reads.secrets.push(id);
        if (world.missingFiles.has('key')) throw new Error('The key is not there');
        return Object.fromEntries(Object.entries(secrets).map(([key, sealed]) => [key, `opened ${sealed}`]));
      },
      ...status.setups,
      async recordLoad(id, load) {
        calls.push(['recordLoad', id, load]);
        await status.setups.recordLoad(id, load);
      },
      recordError: async (id, error) => void calls.push(['recordError', id, error.message]),
      async disable(id, revision, error) {
        calls.push(['disable', id, revision, error.message]);
        return world.disabling;
      },
    },
    host: {
      async install(installation) {
        if (world.hostFailure !== null) throw world.hostFailure;
        installations.push(installation);
        const fresh = installation.plugins.filter((plugin) => !before.includes(plugin));
        before = installation.plugins;
        setUps.push(fresh.map(({ id }) => id));
        if (world.report !== null) await installation.onReport?.(world.report);
        for (const { id } of fresh) {
          const error = world.errors.get(id);
          await installation.onLoad({
            id,
            ...world.told.get(id),
            ...(error === undefined ? {} : { error }),
          });
        }
      },
      async tearDown() {
        if (world.report !== null) await installations.at(-1)?.onReport?.(world.report);
      },
    },
    instanceId: 'here',
    now: () => world.now,
    log: (line) => void lines.push(line),
    tell: (event) => void told.push(event),
    onReport: async () => {},
    warn: () => {},
  });
  const change = (...changed: PluginConfig[]) => {
    world.version++;
    world.pluginConfigs = changed;
  };
  return { world, follower, installations, setUps, calls, lines, told, reads, change };
}

/** On the host's clock, which a fake host does not read. */
export const DEADLINE = 60_000;
