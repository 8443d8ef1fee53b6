import type { Chain, ChainPlugin, EventRun } from '../pipeline/event-run.ts';
import { forgetSourceMap } from './author-positions.ts';
import type { Causes } from './causes.ts';
import { chainDeliveries } from './delivery-groups.ts';
import type { FrameWriter } from './frames.ts';
import { resultOf } from './hook-calls.ts';
import { hookErrorFrom } from './hook-error.ts';
import { loadPlugin, type Plugin } from './plugin.ts';
import type { PluginServices } from './plugin-world.ts';
import {
  FRAME,
  type HookError,
  type Load,
  type LoadResult,
  NO_PLUGIN,
  type Running,
  type SandboxPlugin,
} from './protocol.ts';
import { within } from './time-limit.ts';

/** The plugins of this child, and the chains they form. */
export interface PluginSet {
  chains: Map<number, Chain>;
  /** The plugin of that config; undefined when it is not here or did not load. */
  plugin(id: number): Plugin | undefined;
  /** Makes the set what `load` says. Never throws: a plugin that fails is left out, with its error in the result. */
  load(load: Load): Promise<LoadResult[]>;
  suspend(plugin: number, error: Error): void;
  /** Lifts every suspension and forgets timeouts. */
  resume(): void;
}

/** Hooks that run later, on the event as it was ingested. */
const DEFERRED_HOOKS = ['onEvent', 'onSnapshot', 'exportEvents', 'composeWebhook'];

type LoadManner = Pick<Load, 'careful' | 'withoutSetup'>;

interface Member {
  plugin: Plugin;
  inChain: ChainPlugin | null;
}

export function createPluginSet(
  services: PluginServices & { error: (plugin: number, error: HookError) => void },
  writer: FrameWriter,
): PluginSet {
  const members = new Map<number, Member>();
  const chains = new Map<number, Chain>();
  const limit = services.hookTimeoutMilliseconds;

  const setUp = async (source: SandboxPlugin, { careful, withoutSetup = false }: LoadManner): Promise<LoadResult> => {
    let hook = 'load';
    try {
      await announce(source.id, hook, careful);
      const plugin = loadPlugin(source, services);
      hook = 'setupPlugin';
      await announce(source.id, hook, careful);
      const returned = withoutSetup ? undefined : await callWithin(limit, plugin, hook);
      members.set(source.id, { plugin, inChain: chainPlugin(plugin, services.causes) });
      return { id: source.id, ...resultOf(returned), capabilities: plugin.hooks.capabilities, ...declared(plugin) };
    } catch (error) {
      return { id: source.id, error: hookErrorFrom(error, hook) };
    }
  };

  /** What a setup leaves behind, such as microtasks that go round in circles, does its harm while its name is the last announced. */
  const setUpAlone = async (source: SandboxPlugin, manner: LoadManner): Promise<LoadResult> => {
    const result = await setUp(source, manner);
    await new Promise((resolve) => setImmediate(resolve));
    return result;
  };

  const tearDown = async (id: number, limitMilliseconds: number): Promise<void> => {
    const member = members.get(id);
    members.delete(id);
    // A plugin on its way out cannot keep its successor from coming.
    if (member !== undefined)
      await callWithin(limitMilliseconds, member.plugin, 'teardownPlugin').catch((error: unknown) =>
        services.error(id, hookErrorFrom(error, 'teardownPlugin')),
      );
    forgetSourceMap(id);
  };

  const announce = async (plugin: number, hook: string, careful: boolean): Promise<void> => {
    if (!careful) return;
    writer.sendJson(FRAME.running, { plugin, hook, record: -1, position: -1 } satisfies Running);
    await writer.drained();
  };

  return {
    chains,
    async load(load) {
      const leaving = [...load.remove, ...load.plugins.map(({ id }) => id)];
      await Promise.all(leaving.map((id) => tearDown(id, load.teardownMilliseconds ?? limit)));
      const results: LoadResult[] = [];
      if (load.careful) for (const source of load.plugins) results.push(await setUpAlone(source, load));
      else results.push(...(await Promise.all(load.plugins.map((source) => setUp(source, load)))));
      await announce(NO_PLUGIN, 'settle', load.careful);
      chains.clear();
      for (const { teamId, plugins } of load.chains) {
        chains.set(teamId, chainOf(plugins.map((id) => members.get(id)).filter((member) => member !== undefined)));
      }
      return results;
    },
    plugin: (id) => members.get(id)?.plugin,
    suspend(id, error) {
      const plugin = members.get(id)?.inChain;
      if (plugin) plugin.suspended = error;
    },
    resume() {
      for (const { inChain } of members.values()) {
        if (inChain === null) continue;
        inChain.suspended = null;
        inChain.timeouts = 0;
      }
    },
  };
}

function declared({ metrics }: Plugin): Pick<LoadResult, 'metrics'> {
  return Object.keys(metrics).length === 0 ? {} : { metrics };
}

function chainPlugin(plugin: Plugin, causes: Causes): ChainPlugin | null {
  const { id, label, meta, hooks } = plugin;
  const hook = 'processEvent';
  const processEvent = hooks.find(hook);
  if (processEvent === null) return null;
  const processAsCause = ({ event, uuid, record }: EventRun): unknown =>
    causes.during(id, { hook, id: uuid, hops: causes.ofRecord(record) }, () => processEvent(event, meta));
  return {
    id,
    label,
    meta,
    processEvent,
    processAsCause: plugin.mayCapture ? processAsCause : null,
    suspended: null,
    timeouts: 0,
  };
}

function chainOf(members: Member[]): Chain {
  const plugins = members.map(({ inChain }) => inChain).filter((plugin) => plugin !== null);
  const isDeferred = ({ plugin }: Member) =>
    plugin.hooks.capabilities.methods.some((hook) => DEFERRED_HOOKS.includes(hook));
  return {
    plugins,
    succeeded: plugins.map(({ label }) => label),
    deferred: members.filter(isDeferred).map(({ plugin }) => plugin.label),
    ...chainDeliveries(members.map(({ plugin }) => plugin)),
  };
}

/** Calls a hook that takes nothing but `meta`, if the plugin has it, with PostHog's error when it takes too long. */
async function callWithin(limitMilliseconds: number, plugin: Plugin, name: string): Promise<unknown> {
  const hook = plugin.hooks.find(name);
  if (hook === null) return undefined;
  const cause = { hook: name, id: null, hops: 0 };
  return within(
    limitMilliseconds,
    plugin.causing(cause, () => hook(plugin.meta)),
  );
}
