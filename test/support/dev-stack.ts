import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DevNews } from '../../cli/dev/dev-news.ts';
import { LOCAL_CONTEXT } from '../../local/local-settings.ts';
import { synthesiseOnce, temporaryDirectory } from './local-stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'cli/main.ts');

const LONGEST_WAIT_MILLISECONDS = 60_000;

/** A `hoglet` that goes on, and what it has printed as lines of JSON. */
export interface RunningCommand {
  child: ChildProcess;
  news: DevNews[];
  stderr(): string;
  /** Waits for the first piece of news that fits, beginning where the last wait ended. @throws when none comes in a minute */
  heard(kind: DevNews['kind'], fits?: string): Promise<DevNews>;
  /** Ctrl-C. Gives the exit code. */
  interrupt(): Promise<number | null>;
}

/** A place for `hoglet dev` with its own state, and folders for plugins. */
export async function devPlace(options: { synthesised: boolean }) {
  const directory = await temporaryDirectory();
  const state = join(directory.path, 'state');
  const running: ChildProcess[] = [];
  if (options.synthesised) await cp(await synthesiseOnce(LOCAL_CONTEXT), join(state, 'assembly'), { recursive: true });

  const env = { PATH: process.env['PATH'], HOME: directory.path, HOGLET_STATE: state };

  function run(...parameters: string[]): RunningCommand {
    const child = spawn(process.execPath, [MAIN, ...parameters], {
      env,
      cwd: directory.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    const news: DevNews[] = [];
    let [rest, stderr, next] = ['', '', 0];
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      news.push(...lines.filter((line) => line.startsWith('{"kind"')).map((line) => JSON.parse(line) as DevNews));
    });
    child.stderr?.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
    return {
      child,
      news,
      stderr: () => stderr,
      async heard(kind, fits = '') {
        const deadline = Date.now() + LONGEST_WAIT_MILLISECONDS;
        for (;;) {
          const found = news.findIndex(
            (each, index) => index >= next && each.kind === kind && each.text.includes(fits),
          );
          if (found !== -1) {
            next = found + 1;
            return news[found] as DevNews;
          }
          if (Date.now() > deadline || child.exitCode !== null)
            throw new Error(
              `No ${kind} ${fits} came:\n${news.map((each) => `${each.kind} ${each.text}`).join('\n')}\n${stderr}`,
            );
          await sleep(20);
        }
      },
      async interrupt() {
        const exited = once(child, 'exit');
        child.kill('SIGINT');
        return ((await exited) as [number | null])[0];
      },
    };
  }

  return {
    path: directory.path,
    state,
    run,
    /** Runs a command to its end. */
    async finish(...parameters: string[]) {
      const { child, stderr } = run(...parameters);
      let stdout = '';
      child.stdout?.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, stdout, stderr: stderr() };
    },
    async writePlugin(name: string, files: Record<string, string>): Promise<string> {
      const folder = join(directory.path, name);
      await mkdir(folder, { recursive: true });
      for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
      return folder;
    },
    /** Sends an event to the stack that is up. */
    async send(event: string): Promise<void> {
      const script = join(ROOT, 'local/send-event.js');
      const body = JSON.stringify({ team_id: 1, event, distinct_id: 'me', properties: {} });
      const [code] = (await once(spawn(process.execPath, [script, body], { env, stdio: 'ignore' }), 'exit')) as [
        number,
      ];
      if (code !== 0) throw new Error(`Sending ${event} failed`);
    },
    /** Processes that were started for this place, and are still there. */
    async processesLeft(): Promise<string[]> {
      const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
      const told = await Promise.all(
        ids.map(async (id) => {
          const read = (name: string) => readFile(`/proc/${id}/${name}`, 'utf8').catch(() => '');
          return `${await read('environ')}${await read('cmdline')}`.includes(directory.path) ? [id] : [];
        }),
      );
      return told.flat();
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL');
      await directory[Symbol.asyncDispose]();
    },
  };
}

export type DevPlace = Awaited<ReturnType<typeof devPlace>>;
