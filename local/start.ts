import { join } from 'node:path';
import { createAdminCall } from './demo/admin-client.ts';
import { firstToken, readProfile } from './demo/first-token.ts';
import { installIntoEmpty } from './demo/install-into-empty.ts';
import { setTokensOfEnvironment } from './demo/tokens-of-environment.ts';
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
  const profiles = join(stateDirectory, 'profiles.json');
  const token = await firstToken(stack, profiles);
  const { url, token: known } = (await readProfile(profiles)) ?? {};
  if (stack.outputs['AdminUrl'] === undefined || url === undefined || known === undefined) return;
  const call = createAdminCall(url, known);
  await installIntoEmpty(call);
  const taken = await setTokensOfEnvironment(call, process.env);
  const notes = [
    ...(token === null
      ? []
      : [
          `The first token of the admin API, shown this once; \`npx hoglet\` finds it in the profile "local":\n\n  ${token}\n`,
        ]),
    ...(taken.length === 0
      ? []
      : [
          `Plugins are fetched with ${taken.join(', ')} of your environment; \`npx hoglet secrets unset …\` forgets it.\n`,
        ]),
  ];
  return notes.length === 0 ? undefined : notes.join('\n');
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
