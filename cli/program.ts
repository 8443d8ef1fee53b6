import { Command, CommanderError } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommands } from './commands/config.ts';
import { deadLetterCommands } from './commands/dead-letters.ts';
import { devCommand } from './commands/dev.ts';
import { initCommand } from './commands/init.ts';
import { jobCommands } from './commands/jobs.ts';
import { logsCommand } from './commands/logs.ts';
import { metricsCommand } from './commands/metrics.ts';
import { pluginCommands } from './commands/plugins.ts';
import { projectCommands } from './commands/projects.ts';
import { secretCommands } from './commands/secrets.ts';
import { sendCommand } from './commands/send.ts';
import { tokenCommands } from './commands/tokens.ts';
import { type GlobalOptions, openSession, type Session } from './session.ts';
import { UsageError } from './usage-error.ts';

export interface ProgramSurroundings {
  env: Record<string, string | undefined>;
  write(text: string): void;
  /** Where progress is shown; absent when nobody looks. */
  terminal?: NodeJS.WriteStream | undefined;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Aborted when nobody reads any more what is written. */
  unread?: AbortSignal;
}

/** Adds its commands to the program. */
export type AddCommands = (program: Command, surroundings: CommandSurroundings) => void;

export interface CommandSurroundings extends ProgramSurroundings {
  /** Wraps what a command does: it gets a session, then what Commander gives (arguments, options). */
  withSession<Parameters extends unknown[]>(
    run: (session: Session, ...parameters: Parameters) => Promise<void>,
  ): (...parameters: Parameters) => Promise<void>;
}

const COMMANDS: AddCommands[] = [
  initCommand,
  devCommand,
  projectCommands,
  pluginCommands,
  configCommands,
  jobCommands,
  logsCommand,
  metricsCommand,
  sendCommand,
  deadLetterCommands,
  secretCommands,
  tokenCommands,
  auditCommand,
  // Last: it completes all of them.
  completionCommand,
];

/** Runs a command of those that talk to the API. Gives the exit code. @throws UsageError, ApiError */
export async function runProgram(parameters: string[], surroundings: ProgramSurroundings): Promise<number> {
  const said: string[] = [];
  const program = createProgram(surroundings, (text) => void said.push(text));
  if (parameters.length === 0) {
    surroundings.write(program.helpInformation());
    return 2;
  }
  try {
    await program.parseAsync(parameters, { from: 'user' });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw new UsageError(
      said
        .join('')
        .trim()
        .replace(/^error: unknown command '(.+?)'/, 'There is no command "$1".')
        .replace(/^error: /, ''),
    );
  }
}

/** The whole of it, also for whoever documents it. @param hearProblem hears what Commander has to say about wrong usage */
export function createProgram(
  surroundings: ProgramSurroundings,
  hearProblem: (text: string) => void = () => {},
): Command {
  const program = new Command('hoglet')
    .description('PostHog plugins in your own AWS account')
    .option('--url <url>', 'where the API is (HOGLET_URL)')
    .option('--token <token>', 'the token for it (HOGLET_TOKEN, which other users of this machine cannot see)')
    .option('--profile <name>', 'a profile of ~/.config/hoglet/profiles.json (HOGLET_PROFILE)')
    .option('--json', 'prints JSON for programs')
    .option('--verbose', 'prints where an error happened');
  // Before any command is added: they inherit it.
  program.exitOverride().configureOutput({ writeOut: surroundings.write, writeErr: hearProblem });
  program.command('test').description('runs a plugin offline, with a scenario of events, time and HTTP');
  const withSession: CommandSurroundings['withSession'] =
    (run) =>
    async (...given) =>
      run(await openSession(program.opts<GlobalOptions>(), surroundings), ...given);
  for (const add of COMMANDS) add(program, { ...surroundings, withSession });
  return program;
}
