import { relative, resolve } from 'node:path';
import { Option } from 'commander';
import { type Answers, ask } from '../init/ask.ts';
import { scaffold } from '../init/scaffold.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../init/templates.ts';
import type { AddCommands } from '../program.ts';

interface Options {
  template?: TemplateName;
  typescript?: boolean;
  yes?: boolean;
}

export const initCommand: AddCommands = (program, { write }) => {
  program
    .command('init')
    .argument('<folder>', 'where it goes; made when it is not there')
    .addOption(new Option('--template <name>', 'what it begins with').choices(TEMPLATE_NAMES))
    .option('--typescript', 'writes it in TypeScript')
    .option('--yes', 'asks nothing: `process`, in JavaScript, where the other options do not say otherwise')
    .description('begins a plugin, with a scenario to test it')
    .action(async (named: string, options: Options) => {
      const folder = resolve(named);
      const shown = relative(process.cwd(), folder) || '.';
      const answers = await answersOf(options);
      const files = await scaffold({ folder, shown, ...answers });
      if (program.opts<{ json?: boolean }>().json === true)
        write(`${JSON.stringify({ folder, ...answers, files }, null, 2)}\n`);
      else write(nextSteps(shown, files, answers));
    });
};

async function answersOf({ template, typescript, yes }: Options): Promise<Answers> {
  const isDecided = template !== undefined || typescript !== undefined || yes === true;
  if (!isDecided && process.stdin.isTTY && process.stdout.isTTY)
    return ask({ input: process.stdin, output: process.stdout });
  return { template: template ?? 'process', typescript: typescript === true };
}

function nextSteps(shown: string, files: string[], { typescript }: Answers): string {
  const steps = [
    [`npx hoglet test ${shown} ${shown}/scenario.json`, 'runs it offline, in a second'],
    [`npx hoglet dev ${shown}`, 'runs it in the whole stack on this machine, again whenever you save'],
    ...(typescript ? [[`npm install --prefix ${shown}`, 'types for your editor; it runs without']] : []),
  ] as [string, string][];
  const width = Math.max(...steps.map(([command]) => command.length));
  return [
    `A plugin has begun in ${shown}: ${files.join(', ')}`,
    '',
    ...steps.map(([command, does]) => `  ${command.padEnd(width)}  # ${does}`),
    '',
  ].join('\n');
}
