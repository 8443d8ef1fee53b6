import { execFile } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

export interface CommandOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** The real command, with an environment of its own. */
export interface HogletCommand {
  /** All that it has printed. */
  printed: string[];
  run(parameters: string[], env?: Record<string, string>): Promise<CommandOutcome>;
  /** What it prints with `--json`. @throws when it fails */
  json<T>(...parameters: (string | number)[]): Promise<T>;
}

export function hogletCommand(env: Record<string, string>): HogletCommand {
  const printed: string[] = [];
  const run: HogletCommand['run'] = (parameters, more = {}) =>
    new Promise((resolve) => {
      const options = { env: { PATH: process.env['PATH'], ...env, ...more } };
      execFile(process.execPath, [MAIN, ...parameters], options, (error, stdout, stderr) => {
        printed.push(stdout, stderr);
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  return {
    printed,
    run,
    async json<T>(...parameters: (string | number)[]) {
      const { code, stdout, stderr } = await run([...parameters.map(String), '--json']);
      if (code !== 0) throw new Error(`hoglet ${parameters.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
  };
}
