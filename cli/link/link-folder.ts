import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient } from '../api-client.ts';
import { ApiError } from '../api-error.ts';
import { packPlugin } from '../pack-plugin.ts';
import { plainLine } from '../table-text.ts';
import { UsageError } from '../usage-error.ts';
import { watchFolders } from '../watch-folders.ts';
import { configurePlugin } from './configure-plugin.ts';
import { findInstalled, installFolder, type LinkedPlugin } from './install-folder.ts';
import type { LinkNews } from './link-news.ts';

export interface LinkOptions {
  api: ApiClient;
  /** Absolute. */
  folder: string;
  /** As people are to read it. */
  shownFolder: string;
  projectId: number;
  tell(news: LinkNews): void;
  /** Milliseconds, steady. */
  clock(): number;
  /** Whether another folder is linked as this plugin. */
  isTaken(pluginId: number): boolean;
}

/** A plugin's folder that runs as it is saved. */
export interface FolderLink {
  /** As which plugin it is installed, by this link or one before; null when it is not. */
  plugin(): LinkedPlugin | null;
  /** Installs what is in the folder now, unless it is what was tried last. */
  reload(): Promise<void>;
  /** Installs whatever is saved, until the link is closed. */
  follow(): Promise<void>;
  close(): void;
}

/** Links a plugin's folder. What is wrong with the plugin is told, and the version before runs on. @throws UsageError when it cannot be watched */
export function linkFolder({ api, folder, shownFolder, projectId, tell, clock, isTaken }: LinkOptions): FolderLink {
  const watching = watchFolders([folder]);
  let tried: string | null = null;
  let isClosed = false;
  let isFirst = true;
  let installed: LinkedPlugin | null = null;

  const install = async (): Promise<void> => {
    const startedAt = clock();
    const packed = await packPlugin(folder);
    if (packed === null) throw new UsageError(`${shownFolder} is gone.`);
    const hash = createHash('sha256').update(packed.content).digest('hex');
    if (hash === tried) return;
    tried = hash;
    installed ??= await findInstalled(api, await nameIn(folder), isTaken);
    const before = installed;
    const plugin = await installFolder(api, packed, before?.id ?? null);
    installed = plugin;
    const notes = await configurePlugin(api, plugin, projectId, before?.config_schema ?? null, isFirst);
    const { id, name, version } = plugin;
    const seconds = ((clock() - startedAt) / 1000).toFixed(1);
    const text = isFirst
      ? `${plainLine(name)} is linked to ${shownFolder} (plugin ${id}, version ${version})`
      : `${plainLine(name)}: version ${version} runs from the next batch on (${seconds} s)`;
    tell({ kind: isFirst ? 'linked' : 'reloaded', text, plugin: { id, name, version } });
    isFirst = false;
    for (const note of notes) tell({ kind: 'note', text: `${plainLine(name)}: ${plainLine(note)}` });
  };

  const reload = async (): Promise<void> => {
    try {
      await install();
    } catch (error) {
      // The stack may stop while it is at work on this.
      if (isClosed) return;
      if (!(error instanceof ApiError || error instanceof UsageError)) throw error;
      const runsOn = installed === null ? 'Nothing of it runs yet.' : `Version ${installed.version} runs on.`;
      const why = withFolder(error.message, shownFolder).split('\n').map(plainLine).join('\n');
      tell({ kind: 'refused', text: `${why}\n${runsOn}` });
      // Not the plugin's fault: what is saved next is to be sent, even when it is the same.
      if (error instanceof ApiError && error.exitCode === 3) tried = null;
    }
  };

  return {
    plugin: () => installed,
    reload,
    async follow() {
      while (await watching.next()) await reload();
    },
    close() {
      isClosed = true;
      watching.close();
    },
  };
}

/** What plugin.json says it is called; null when it says nothing that can be read. */
async function nameIn(folder: string): Promise<string | null> {
  try {
    const { name } = JSON.parse(await readFile(join(folder, 'plugin.json'), 'utf8')) as { name?: unknown };
    return typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}

/** Places at the beginning of lines, `index.js:3:7:`, as paths from where the author is: editors and terminals open those. */
function withFolder(message: string, folder: string): string {
  return message.replaceAll(/^(?=[\w][\w./-]*:\d+:\d+:)/gm, `${folder}/`);
}
