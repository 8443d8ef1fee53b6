/*
 * Keeps a stack up, for tests that end it in ways a test cannot end itself, and prints where it is:
 * node run-stack.ts <cloud assembly> <state directory> [--fresh]
 */
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { keepUp } from '../../local/keep-up.ts';

const [assembly = '', stateDirectory = '', ...flags] = process.argv.slice(2);
const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
try {
  await keepUp({
    stateDirectory,
    fresh: flags.includes('--fresh'),
    synthesise: (directory) => cp(assembly, directory, { recursive: true }),
    async whileUp(_, place) {
      console.log(JSON.stringify(place));
      if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
    },
    interrupted: interruption.signal,
  });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
