import { join } from 'node:path';
import { hostOptions } from '../../shared/host/host-settings.ts';
import { createTryLoad } from '../../shared/host/try-load.ts';
import { bundledLibrariesFolder, bundleLibraries, librariesNamedIn } from '../../shared/libraries/bundle-libraries.ts';
import type { TryLoad } from '../../shared/plugins/try-load.ts';

const PROJECT_ROOT = join(import.meta.dirname, '../..');

/** Tries plugins in real children of a plugin host, run from source, which may take a second. */
export function createPluginTrial({ allowPrivateNetworks = false, entry = 'shared/sandbox/main.ts' } = {}): TryLoad {
  const librariesFolder = bundledLibrariesFolder();
  const options = hostOptions(
    {
      hookTimeoutSeconds: 1,
      strikes: 1,
      heapMegabytes: 96,
      allowPrivateNetworks,
      format: 'packed',
      compression: { algorithm: 'none' },
    },
    {
      entry: join(PROJECT_ROOT, entry),
      readablePaths: [join(PROJECT_ROOT, 'shared'), join(PROJECT_ROOT, 'package.json'), librariesFolder],
      librariesFolder,
    },
    async () => null,
    () => performance.now(),
  );
  const tryLoad = createTryLoad(options);
  return async (plugin) => {
    await bundleLibraries(librariesFolder, librariesNamedIn(plugin.code));
    return tryLoad(plugin);
  };
}
