import type { AddCommands } from '../program.ts';
import { wholeNumber } from '../whole-number.ts';

interface Options {
  port?: number;
  fresh?: boolean;
  events?: boolean;
}

export const devCommand: AddCommands = (program, { env, write }) => {
  program
    .command('dev')
    .argument('[folders...]', 'plugins to link: installed, enabled, and installed again whenever they are saved')
    .option('--port <port>', 'port of the admin API; that of the last run unless given', wholeNumber)
    .option('--fresh', 'empties queues, tables, buckets and logs first')
    .option('--events', 'prints each event that comes out; so it does anyway when folders are linked')
    .option('--no-events', 'prints none')
    .description('runs everything on this machine, and plugins as you write them')
    .action(async (folders: string[], { port, fresh = false, events }: Options) => {
      // Only here: no other command needs the embedded stack.
      const { dev } = await import('../dev/dev.ts');
      const json = program.opts<{ json?: boolean }>().json === true;
      await dev({ folders, port, fresh, events: events ?? folders.length > 0, json }, { env, write });
    });
};
