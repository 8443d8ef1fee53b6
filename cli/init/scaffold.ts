import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UsageError } from '../usage-error.ts';
import { TEMPLATES, type TemplateName } from './templates.ts';

export interface ScaffoldOptions {
  /** Absolute; made when it is not there. */
  folder: string;
  /** As people are to read it. */
  shown: string;
  template: TemplateName;
  typescript: boolean;
}

const TEMPLATES_FOLDER = join(import.meta.dirname, 'templates');

/** Types for editors; the host has the module itself. */
const PACKAGE = { private: true, devDependencies: { '@posthog/plugin-scaffold': '^1.7.1' } };

/** Writes the files of a new plugin, and gives their names. Overwrites nothing. @throws UsageError that lists what is in the way */
export async function scaffold(options: ScaffoldOptions): Promise<string[]> {
  const { folder, shown } = options;
  const files = await filesOf(options);
  const inTheWay = [...files.keys()].filter((name) => existsSync(join(folder, name)));
  if (inTheWay.length > 0)
    throw new UsageError(
      `${shown} has ${inTheWay.join(', ')} already, and nothing is overwritten. Choose another folder, or move them away.`,
    );
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text, { flag: 'wx' });
  return [...files.keys()];
}

async function filesOf({ folder, template, typescript }: ScaffoldOptions): Promise<Map<string, string>> {
  const main = typescript ? 'index.ts' : 'index.js';
  const read = (name: string) => readFile(join(TEMPLATES_FOLDER, template, name), 'utf8');
  const name = pluginName(folder);
  const manifest = await read('plugin.json');
  return new Map([
    // As a replacement, a dollar sign in a folder's name would mean something.
    ['plugin.json', manifest.replace('{{name}}', () => JSON.stringify(name).slice(1, -1)).replace('{{main}}', main)],
    [main, await read(typescript ? 'index.ts.txt' : 'index.js')],
    ['scenario.json', await read('scenario.json')],
    ['README.md', readme(name, TEMPLATES[template], basename(folder))],
    ['.gitignore', 'node_modules/\n.DS_Store\n'],
    ...(typescript ? [['package.json', `${JSON.stringify(PACKAGE, null, 2)}\n`] as const] : []),
  ]);
}

/** `my-plugin` becomes `My Plugin`. */
function pluginName(folder: string): string {
  const words = basename(folder)
    .split(/[-_\s]+/)
    .filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ') || 'Plugin';
}

/** @param shown the folder, from the one above */
function readme(name: string, does: string, shown: string): string {
  return [
    `# ${name}`,
    '',
    `A plugin for [PostHog](https://posthog.com)'s events that ${does}. It runs on Hoglet.`,
    '',
    '```sh',
    `npx hoglet test ${shown} ${shown}/scenario.json  # runs it offline, with the events and answers of scenario.json`,
    `npx hoglet dev ${shown}                          # runs it in the whole stack on this machine, again whenever you save`,
    `npx hoglet plugins install ${shown}              # installs it`,
    '```',
    '',
    'Its settings are the `config` of `plugin.json`.',
    '',
  ].join('\n');
}
