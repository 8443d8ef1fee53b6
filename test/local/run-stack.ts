/*
 * Keeps a stack up as `npm start` does, for tests that end it in ways a test cannot end itself:
 * node run-stack.ts <cloud assembly> <state directory> [flags]
 */
import { cp } from 'node:fs/promises';
import { keepUp } from '../../local/keep-up.ts';

const [assembly = '', stateDirectory = '', ...args] = process.argv.slice(2);
const interrupted = new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
try {
  await keepUp({
    args,
    stateDirectory,
    synthesise: (outputDirectory) => cp(assembly, outputDirectory, { recursive: true }),
    prepare: async () => {},
    interrupted,
    print: console.log,
  });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
