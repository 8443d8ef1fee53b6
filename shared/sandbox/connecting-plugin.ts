import { AsyncLocalStorage } from 'node:async_hooks';
import { type HostList, readHostList } from './host-list.ts';
import type { SandboxPlugin } from './protocol.ts';

/** On whose behalf a connection is opened. */
export interface ConnectingPlugin {
  /** The plugin config's id. */
  id: number;
  /** Where it may connect to; null when nothing but the guard limits that. */
  hosts: HostList | null;
  /** Calls a function so that what it opens, also later, is known to be this plugin's. Costs some 100 ns. */
  run<Result>(call: () => Result): Result;
}

const current = new AsyncLocalStorage<ConnectingPlugin>();

/**
 * @param keepsCauses whether what else is known about a call is to be known further on, see causes.ts
 * @throws Error when `allowedHosts` has what is no host.
 */
export function createConnectingPlugin(
  { id, allowedHosts }: Pick<SandboxPlugin, 'id' | 'allowedHosts'>,
  keepsCauses: boolean,
): ConnectingPlugin {
  const plugin: ConnectingPlugin = {
    id,
    hosts: allowedHosts === undefined ? null : readHostList(allowedHosts),
    run: (call) => current.run(plugin, call),
  };
  if (keepsCauses) return plugin;
  // A snapshot, once: entering it is twice as fast as `current.run`, and forgets all else that is known.
  const enter = current.run(plugin, () => AsyncLocalStorage.snapshot());
  plugin.run = (call) => enter(call);
  return plugin;
}

/** The plugin whose code led here; undefined when nobody knows. */
export function connectingPlugin(): ConnectingPlugin | undefined {
  return current.getStore();
}
