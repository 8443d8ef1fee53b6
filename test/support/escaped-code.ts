import type { HostSettings } from '../../shared/host/host-settings.ts';
import type { SandboxPlugin } from '../../shared/sandbox/protocol.ts';
import { createPluginCalls, type PluginCall } from './plugin-calls.ts';
import type { TestHost } from './plugin-host.ts';

/**
 * `node:vm` is no security boundary: this leaves the realm on purpose, through a function of the host. `outer` is the host's global object,
 * `load` gives Node's modules. What is found outside is a process that owns nothing.
 */
const ESCAPE = `const outer = Buffer.constructor('return globalThis')(); const process = outer.process; const load = (name) => process.getBuiltinModule(name);`;

/** Runs code outside of its realm, all of it in one child. */
export interface EscapedCode {
  host: TestHost;
  /** What the body of an async function returned; `<code or name>: <message>` of what it threw. */
  escaped(body: string, plugin?: Partial<SandboxPlugin>): Promise<unknown>;
  /** The same, with all that came of the batch. */
  run(body: string, plugin?: Partial<SandboxPlugin>): Promise<PluginCall>;
}

export function createEscapedCode(settings?: Partial<HostSettings>): EscapedCode {
  // None of it waits for ever, and a child may start slowly.
  const calls = createPluginCalls({ hookTimeoutSeconds: 10, ...settings });
  const run = (body: string, plugin: Partial<SandboxPlugin> = {}) =>
    calls.run(
      `try { return await (async () => { ${body} })(); }
       catch (thrown) { const error = thrown.cause || thrown; return String(error.code || error.name) + ': ' + error.message; }`,
      { plugin, before: ESCAPE },
    );
  return { host: calls.host, run, escaped: async (body, plugin) => (await run(body, plugin)).result };
}
