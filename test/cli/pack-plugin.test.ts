import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packPlugin } from '../../cli/pack-plugin.ts';
import { unpackArchive } from '../../shared/sources/archive/unpack-archive.ts';
import { temporaryDirectory } from '../support/local-stack.ts';

/** Paths of what is packed of a folder with these files, those of plugin.json aside. */
async function packed(files: Record<string, string>): Promise<string[]> {
  await using directory = await temporaryDirectory();
  for (const [path, text] of Object.entries({ 'plugin.json': '{"name":"P"}', ...files })) {
    await mkdir(dirname(join(directory.path, path)), { recursive: true });
    await writeFile(join(directory.path, path), text);
  }
  const { content } = (await packPlugin(directory.path)) as { content: Uint8Array };
  return [...(await unpackArchive(content)).files.keys()].filter((path) => path !== 'plugin.json').sort();
}

const needs = (...names: string[]) =>
  JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '*'])) });

describe('a folder that is packed', () => {
  it('has the packages that the plugin needs to run, and what these need, but none of its author’s tools', async () => {
    const paths = await packed({
      'package.json': JSON.stringify({
        dependencies: { a: '*', '@scope/b': '*', '@posthog/plugin-scaffold': '*' },
        devDependencies: { tool: '*' },
      }),
      'node_modules/a/package.json': needs('shared', 'own'),
      'node_modules/a/index.js': '',
      'node_modules/a/node_modules/own/package.json': needs('@scope/b'),
      'node_modules/@scope/b/package.json': needs('a'),
      'node_modules/@scope/other/package.json': needs(),
      'node_modules/shared/package.json': needs(),
      'node_modules/tool/package.json': needs('a'),
      'node_modules/@posthog/plugin-scaffold/package.json': needs(),
    });

    expect(paths).toEqual([
      'node_modules/@scope/b/package.json',
      'node_modules/a/index.js',
      'node_modules/a/node_modules/own/package.json',
      'node_modules/a/package.json',
      'node_modules/shared/package.json',
      'package.json',
    ]);
  });

  it('has all packages when there is no package.json to tell which', async () => {
    expect(await packed({ 'node_modules/a/package.json': needs() })).toEqual(['node_modules/a/package.json']);
  });

  it('has nothing of what editors and version control leave beside the files', async () => {
    const paths = await packed({
      'lib/a.js': '',
      'lib/.a.js.swp': '',
      'lib/a.js~': '',
      '.git/HEAD': '',
      '.vscode/x.json': '',
    });

    expect(paths).toEqual(['lib/a.js']);
  });
});
