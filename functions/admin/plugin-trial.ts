import { dirname, join } from 'node:path';
import { hostOptions } from '../../shared/host/host-settings.ts';
import { createTryLoad } from '../../shared/host/try-load.ts';
import type { TryLoad } from '../../shared/plugins/try-load.ts';

/** Code that takes longer than this before any hook of it is called is not let in. Starting the child comes on top: 2 × 10 + 20 = 40 s of the function's 60. */
const LOAD_SECONDS = 10;

/** Half of the function's memory; the other half is for building. */
const HEAP_MEGABYTES = 512;

const NO_OUTPUT = { format: 'packed', compression: { algorithm: 'none' } } as const;

/** Has plugins loaded once, in a plugin host as they will run in, but without any network. @param sandboxEntry the child's bundle */
export function createPluginTrial(sandboxEntry: string): TryLoad {
  const folder = dirname(sandboxEntry);
  const settings = {
    hookTimeoutSeconds: LOAD_SECONDS,
    strikes: 1,
    heapMegabytes: HEAP_MEGABYTES,
    allowPrivateNetworks: false,
    ...NO_OUTPUT,
  };
  const files = { entry: sandboxEntry, readablePaths: [folder], librariesFolder: join(folder, 'libraries') };
  const nobody = async () => {
    throw new Error('There are no services while a plugin is tried');
  };
  return createTryLoad(hostOptions(settings, files, nobody, () => performance.now()));
}
