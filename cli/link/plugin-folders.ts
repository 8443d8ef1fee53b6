import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../usage-error.ts';

export interface PluginFolder {
  /** Absolute. */
  path: string;
  /** As people are to read it, from where they are. */
  shown: string;
}

/** Folders that were named on the command line, each once. @throws UsageError for what is no plugin's folder */
export function pluginFolders(named: readonly string[], workingDirectory: string): PluginFolder[] {
  return [...new Set(named.map((name) => resolve(workingDirectory, name)))].map((path) => {
    const inside = relative(workingDirectory, path);
    const shown = inside.startsWith('..') ? path : `./${inside}`;
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new UsageError(`There is no folder ${shown}. \`npx hoglet init ${shown}\` begins a plugin there.`);
    if (!existsSync(join(path, 'plugin.json')))
      throw new UsageError(
        `${shown} has no plugin.json, so it is no plugin. \`npx hoglet init ${shown}\` begins one there.`,
      );
    return { path, shown };
  });
}
