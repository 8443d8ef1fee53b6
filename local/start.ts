import { join } from 'node:path';
import { installIntoEmpty } from './demo/install-into-empty.ts';
import { keepUp } from './keep-up.ts';
import { LOCAL_CONTEXT } from './local-settings.ts';
import { synthesise } from './synthesise.ts';

const interrupted = new Promise<void>((resolve) => {
  // Once only: a second Ctrl-C ends the process at once, and its functions with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
});

try {
  await keepUp({
    args: process.argv.slice(2),
    stateDirectory: join(import.meta.dirname, '../.hoglet'),
    synthesise: (outputDirectory) => synthesise({ outputDirectory, context: LOCAL_CONTEXT }),
    prepare: installIntoEmpty,
    interrupted,
    print: console.log,
  });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
