import type { HostSettings } from '../../shared/host/host-settings.ts';
import type { BatchResult } from '../../shared/host/run-batch.ts';
import type { ServicesDeps } from '../../shared/host/services.ts';
import type { SandboxPlugin } from '../../shared/sandbox/protocol.ts';
import type { MemoryServices } from './host-services.ts';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from './plugin-host.ts';

export interface PluginCall {
  /** What the code returned, as it arrived in the event; `<name>: <message>` of what it threw. */
  result: unknown;
  batch: BatchResult;
  /** The id of the plugin config that the code ran as. */
  plugin: number;
}

/** Runs code as a plugin of a real host would, each time as a plugin config of its own. */
export interface PluginCalls {
  host: TestHost;
  /**
   * `body` is the body of an async function that has `meta`'s parts by name and returns what the event then carries;
   * it runs once for each of `events`, the first event's result is given.
   */
  run(
    body: string,
    options?: { plugin?: Partial<SandboxPlugin>; before?: string; events?: number },
  ): Promise<PluginCall>;
}

export function createPluginCalls(
  settings?: Partial<HostSettings>,
  choose?: (memory: MemoryServices) => ServicesDeps,
): PluginCalls {
  const host = createTestHost(settings, choose);
  let lastId = 0;
  return {
    host,
    async run(body, { plugin = {}, before = '', events = 1 } = {}) {
      const id = ++lastId;
      const code = `${before}
        exports.processEvent = async (event, meta) => {
          const { cache, storage, utils, jobs, metrics, geoip, attachments, config, global } = meta;
          try {
            event.properties.result = await (async () => { ${body} })();
          } catch (error) {
            event.properties.result = error.name + ': ' + error.message;
          }
          return event;
        };`;
      const [loaded] = await host.use({ ...pluginOf(id, code), ...plugin });
      if (loaded?.error !== undefined) throw new Error(`The plugin did not load: ${loaded.error.message}`);
      const batch = await host.runEvents(Array.from({ length: events }, () => eventOf()));
      return { result: eventsOf(batch)[0]?.properties?.['result'], batch, plugin: id };
    },
  };
}
