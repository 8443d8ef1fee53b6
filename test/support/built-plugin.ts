import { buildPlugin } from '../../shared/plugins/build.ts';
import type { SandboxPlugin } from '../../shared/sandbox/protocol.ts';
import { pluginOf } from './plugin-host.ts';

/** A plugin config of project 1, built as at its installation from source files by path; plugin.json may be left out. */
export async function builtPlugin(
  id: number,
  files: Record<string, string>,
  config: Record<string, unknown> = {},
): Promise<SandboxPlugin> {
  const { code } = await buildPlugin(new Map(Object.entries({ 'plugin.json': '{"name":"Test"}', ...files })));
  return pluginOf(id, code, config);
}
