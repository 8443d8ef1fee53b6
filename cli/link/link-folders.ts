import type { ApiClient } from '../api-client.ts';
import { type FolderLink, linkFolder } from './link-folder.ts';
import type { LinkNews } from './link-news.ts';
import type { PluginFolder } from './plugin-folders.ts';

export interface LinkFoldersOptions {
  api: ApiClient;
  folders: readonly PluginFolder[];
  projectId: number;
  tell(news: LinkNews): void;
  signal: AbortSignal;
}

export interface FolderLinks {
  /** Folders by the id of the plugin that they are linked as. */
  folders(): Map<number, string>;
  /** Installs whatever is saved, until the signal is aborted. */
  follow(): Promise<void>;
}

/** Links folders, one after the other, so that the chain has them in their order. */
export async function linkFolders({ api, folders, projectId, tell, signal }: LinkFoldersOptions): Promise<FolderLinks> {
  const links: { shown: string; link: FolderLink }[] = [];
  signal.addEventListener('abort', () => links.forEach(({ link }) => link.close()));
  for (const { path, shown } of folders) {
    if (signal.aborted) break;
    const isTaken = (pluginId: number) => links.some(({ link }) => link.plugin()?.id === pluginId);
    const clock = () => performance.now();
    const link = linkFolder({ api, folder: path, shownFolder: shown, projectId, tell, clock, isTaken });
    links.push({ shown, link });
    await link.reload();
  }
  return {
    folders: () =>
      new Map(
        links.flatMap(({ shown, link }) => {
          const plugin = link.plugin();
          return plugin === null ? [] : [[plugin.id, shown]];
        }),
      ),
    async follow() {
      await Promise.all([untilAborted(signal), ...links.map(({ link }) => link.follow())]);
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}
