import { watch } from 'node:fs';
import { UsageError } from '../usage-error.ts';

/** Changes that belong together, such as those of an editor that writes a file anew, come within so many milliseconds. */
const TOGETHER_MILLISECONDS = 100;

/** Watches folders with all that is in them. What changes between two calls of `next` is not missed. @throws UsageError */
export function watchFolders(folders: readonly string[]): { next(): Promise<void> } {
  let hasChanged = false;
  let wake: (() => void) | null = null;
  for (const folder of new Set(folders)) {
    try {
      watch(folder, { recursive: true }, (_, path) => {
        if (path !== null && /(^|[\\/])(node_modules|\.git)([\\/]|$)/.test(path)) return;
        hasChanged = true;
        wake?.();
      });
    } catch (error) {
      throw new UsageError(`${folder} cannot be watched: ${(error as Error).message}`);
    }
  }
  return {
    async next() {
      if (!hasChanged)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      await new Promise((resolve) => setTimeout(resolve, TOGETHER_MILLISECONDS));
      hasChanged = false;
      wake = null;
    },
  };
}
