import { basename } from 'node:path';
import { buildPlugin } from '../../shared/plugins/build.ts';
import type { PluginFiles } from '../../shared/plugins/bundle-imports.ts';
import { defaultConfig, type PluginManifest, parseManifest } from '../../shared/plugins/manifest.ts';
import { readPluginFolder } from '../../shared/plugins/read-plugin-folder.ts';
import type { SandboxAttachment, SandboxPlugin } from '../../shared/sandbox/protocol.ts';
import { UsageError } from '../usage-error.ts';
import { configWarnings } from './config-warnings.ts';

export interface PluginToPrepare {
  /** The plugin config's id. */
  id: number;
  teamId: number;
  folder: string;
  config: Record<string, unknown>;
  attachments: Record<string, SandboxAttachment>;
}

/** A plugin as it would be installed. */
export interface PreparedPlugin {
  id: number;
  name: string;
  /** The source file; null when there is none. */
  main: string | null;
  /** With defaults. */
  config: Record<string, unknown>;
  /** Null when it could not be built. */
  source: SandboxPlugin | null;
  /** Why it could not be built. */
  problem: Error | null;
  warnings: string[];
}

/** Builds a plugin from its folder as an installation would. What is wrong with the plugin is told in `problem`. @throws UsageError when there is no such folder. */
export async function preparePlugin(plugin: PluginToPrepare): Promise<PreparedPlugin> {
  const { id, teamId, folder, attachments } = plugin;
  const files = await readPluginFolder(folder).catch((error: unknown) => {
    throw new UsageError(`The plugin's folder ${folder} cannot be read: ${(error as Error).message}`);
  });
  const unbuilt = { id, name: basename(folder), main: null, config: plugin.config, source: null, warnings: [] };
  const manifest = attempt(() => parseManifest(textOf(files.get('plugin.json'))));
  try {
    const { code } = await buildPlugin(files);
    const known = manifest as PluginManifest;
    const config = { ...defaultConfig(known), ...plugin.config };
    return {
      id,
      name: known.name,
      main: entryOf(files, known),
      config,
      source: { id, teamId, name: known.name, code, config, attachments },
      problem: null,
      warnings: configWarnings(known, config, Object.keys(attachments)),
    };
  } catch (error) {
    const known = manifest === null ? {} : { name: manifest.name, main: entryOf(files, manifest) };
    return { ...unbuilt, ...known, problem: error as Error };
  }
}

function entryOf(files: PluginFiles, { main }: PluginManifest): string | null {
  return main ?? ['index.js', 'index.ts'].find((path) => files.has(path)) ?? null;
}

function textOf(content: string | Uint8Array | undefined): string {
  return typeof content === 'string' ? content : Buffer.from(content ?? '').toString('utf8');
}

function attempt<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}
