import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './usage-error.ts';
import { isWorkshopFile } from './workshop-files.ts';

/** Changes that belong together, such as those of an editor that writes a file anew, come within so many milliseconds. */
const TOGETHER_MILLISECONDS = 100;

/** In there things change by the thousand, and none of it is an author's work. */
const isNotWatched = (name: string) => name === 'node_modules' || isWorkshopFile(name);

export interface FolderWatch {
  /** Resolves when something has changed; false when the watch is closed. What changes between two calls is not missed. */
  next(): Promise<boolean>;
  close(): void;
}

/** Watches folders with all that is in them, folders that come later too. @throws UsageError */
export function watchFolders(folders: readonly string[]): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  let hasChanged = false;
  let isClosed = false;
  let wake: (() => void) | null = null;

  const noteChange = (_: string, name: string | null): void => {
    if (name !== null && isNotWatched(name)) return;
    hasChanged = true;
    wake?.();
  };

  // One watcher for each folder: a recursive one would go through all of node_modules.
  const cover = (): void => {
    const there = new Set(folders.flatMap(foldersBelow));
    for (const folder of there) {
      if (watchers.has(folder)) continue;
      const watcher = watch(folder, noteChange);
      // Gone between two looks: the folder above it tells.
      watcher.on('error', () => {});
      watchers.set(folder, watcher);
    }
    for (const [folder, watcher] of watchers) {
      if (there.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
  };

  try {
    cover();
  } catch (error) {
    for (const watcher of watchers.values()) watcher.close();
    throw new UsageError(`${folders.join(' or ')} cannot be watched: ${(error as Error).message}`);
  }
  return {
    async next() {
      if (!hasChanged && !isClosed)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = null;
      if (isClosed) return false;
      await new Promise((resolve) => setTimeout(resolve, TOGETHER_MILLISECONDS));
      hasChanged = false;
      try {
        cover();
      } catch {
        // A folder that is gone again; whoever reads it now will say so.
      }
      return true;
    },
    close() {
      isClosed = true;
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
      wake?.();
    },
  };
}

function foldersBelow(folder: string): string[] {
  const inner = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !isNotWatched(entry.name))
    .map(({ name }) => join(folder, name));
  return [folder, ...inner.flatMap(foldersBelow)];
}
