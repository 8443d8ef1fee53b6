import { Argument } from 'commander';
import { COMPLETIONS, type Shell } from '../completions.ts';
import type { AddCommands } from '../program.ts';

export const completionCommand: AddCommands = (program, { write }) => {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'of which').choices(Object.keys(COMPLETIONS)))
    .description('prints what makes a shell complete commands and options')
    .action((shell: Shell) => write(COMPLETIONS[shell](program)));
};
