import { join } from 'node:path';
import { firstToken } from './demo/first-token.ts';
import { installIntoEmpty } from './demo/install-into-empty.ts';
import { keepUp } from './keep-up.ts';
import { LOCAL_CONTEXT } from './local-settings.ts';
import type { LocalStack } from './start-local-stack.ts';
import { synthesise } from './synthesise.ts';

const interrupted = new Promise<void>((resolve) => {
  // Once only: a second Ctrl-C ends the process at once, and its functions with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
});

const stateDirectory = join(import.meta.dirname, '../.hoglet');

async function prepare(stack: LocalStack): Promise<string | void> {
  await installIntoEmpty(stack);
  const token = await firstToken(stack, join(stateDirectory, 'profiles.json'));
  if (token === null) return;
  return `The first token of the admin API, shown this once; \`npx hoglet\` finds it in the profile "local":\n\n  ${token}\n`;
}

try {
  await keepUp({
    args: process.argv.slice(2),
    stateDirectory,
    synthesise: (outputDirectory) => synthesise({ outputDirectory, context: LOCAL_CONTEXT }),
    prepare,
    interrupted,
    print: console.log,
  });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
