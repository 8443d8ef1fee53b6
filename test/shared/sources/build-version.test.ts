import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { unpackArchive } from '../../../shared/sources/archive/unpack-archive.ts';
import { buildVersion } from '../../../shared/sources/build-version.ts';
import type { SourceError } from '../../../shared/sources/source-error.ts';
import { takeUpload } from '../../../shared/sources/take-upload.ts';
import { createPluginTrial } from '../../support/plugin-trial.ts';
import { tgzOf } from '../../support/source-servers/make-tar.ts';
import { zipOf } from '../../support/source-servers/make-zip.ts';

const tryLoad = createPluginTrial();

async function build(files: Record<string, string>, pack = zipOf) {
  const named = { 'plugin.json': '{"name":"Built"}', ...files };
  return buildVersion(await takeUpload(pack(named, 'plugin-4f1c5a2/'), 'plugin.zip'), tryLoad);
}

async function refusal(files: Record<string, string>): Promise<string> {
  const named = Object.entries({ 'plugin.json': '{"name":"Built"}', ...files });
  const contents = new Map(named.map(([path, text]) => [path, Buffer.from(text)]));
  const version = { source: { kind: 'upload', name: 'x' }, marker: '', label: '', etag: null } as const;
  const error = await buildVersion({ ...version, ignored: [], files: contents }, tryLoad).then(
    () => expect.unreachable('it was built'),
    (caught: unknown) => caught as SourceError,
  );
  expect(error.code).toBe('bad_plugin');
  return error.message;
}

describe('a plugin from an archive', () => {
  it('is built with all that it brought along, and loaded once', async () => {
    const version = await build({
      'plugin.json': '{"name":"Built","main":"src/index.ts"}',
      'src/index.ts': `import { mark } from './mark'; import pad from 'pad'; export function processEvent(event: object) { return pad(mark, event) }`,
      'src/mark.ts': `export const mark: string = 'here'`,
      'node_modules/pad/package.json': '{"main":"pad.js"}',
      'node_modules/pad/pad.js': 'module.exports = (mark) => mark',
    });

    expect(version.manifest.name).toBe('Built');
    expect(version.capabilities).toEqual({ methods: ['processEvent'], jobs: [], scheduledTasks: [] });
    expect(version.codeHash).toBe(createHash('sha256').update(version.code).digest('hex'));
    expect(version.source).toEqual({ kind: 'upload', name: 'plugin.zip' });
  });

  it('is the same version whatever it was packed as', async () => {
    const files = { 'index.js': 'exports.onEvent = () => {}', 'README.md': '# Built' };
    const [zip, tar] = [await build(files), await build(files, tgzOf)];

    expect([tar.filesHash, tar.codeHash]).toEqual([zip.filesHash, zip.codeHash]);
    expect(tar.archive).toEqual(zip.archive);
  });

  it('is another version when only a text about it changed, with the same code', async () => {
    const [one, other] = [
      await build({ 'index.js': '', 'README.md': '1' }),
      await build({ 'index.js': '', 'README.md': '2' }),
    ];

    expect(other.filesHash).not.toBe(one.filesHash);
    expect(other.codeHash).toBe(one.codeHash);
  });

  it('can be built again from what is kept of it', async () => {
    const version = await build({ 'index.ts': 'export const onEvent = (event: object): void => void event' });

    const { files } = await unpackArchive(version.archive);
    const again = await buildVersion({ ...version, files, ignored: [], etag: null }, tryLoad);

    expect(again).toEqual(version);
  });
});

describe('a plugin that cannot run is refused, and its author is told', () => {
  it('what is wrong with plugin.json', async () => {
    expect(await refusal({ 'plugin.json': '{"name":1}' })).toContain('name: must be a string, but is 1');
    expect(await refusal({ 'plugin.json': '{"name":"x",}' })).toContain('it is not JSON');
  });

  it('which file is missing', async () => {
    expect(await refusal({ 'plugin.json': '{"name":"x","main":"dist/index.js"}', 'src/a.js': '' })).toContain(
      'Could not load dist/index.js for plugin x! plugin.json names it as "main". The plugin\'s folder has plugin.json, src/a.js.',
    );
  });

  it('some of the files that there are, when there are many', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`file-${index}.txt`, '']));

    expect(await refusal(many)).toContain('and 171 more');
  });

  it('where the code is wrong', async () => {
    const message = await refusal({
      'index.ts': `import { mark } from './lib/mark'\nexport const onEvent = mark`,
      'lib/mark.ts': 'export const mark = 1;\nexport const = 2;\n',
    });

    expect(message).toContain('lib/mark.ts:2:14: ');
    expect(message).toContain('export const = 2;');
  });

  it('where the code fails when it is loaded', async () => {
    const message = await refusal({
      'index.ts': `import { mark } from './lib/mark'\n\nexport const onEvent = mark(undefined)\n`,
      'lib/mark.ts': 'export function mark(value: any): string {\n  return value.missing.more;\n}\n',
    });

    expect(message).toContain('The code of Built cannot be loaded: TypeError: Cannot read properties of undefined');
    expect(message).toMatch(/at mark \(lib\/mark\.ts:2:\d+\)/);
    expect(message).toMatch(/at .*index\.ts:3:\d+/);
  });

  it('which import is not there', async () => {
    const message = await refusal({ 'index.js': `const yaml = require('js-yaml'); exports.onEvent = () => yaml` });

    expect(message).toContain("Cannot import 'js-yaml'! This package is not provided by PostHog in plugins.");
    expect(message).toMatch(/index\.js:1:\d+/);
  });

  it('that it loads for ever', async () => {
    expect(await refusal({ 'index.js': 'while (true) {}' })).toContain('timed out');
  });

  it('that its code is nested so deeply that the compiler ends, which the next plugin does not notice', async () => {
    expect(await refusal({ 'index.js': '('.repeat(1_500_000) })).toContain(
      'index.js cannot be built: the compiler ended',
    );
    expect(await refusal({ 'plugin.json': `{"name":"x","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}` })).toContain(
      'nested more than 100 times',
    );

    expect((await build({ 'index.js': 'exports.onEvent = () => {}' })).capabilities.methods).toEqual(['onEvent']);
  });

  it('where the code is wrong, in a line that is long, without all of it', async () => {
    const message = await refusal({ 'index.js': `exports.a = [${'1,'.repeat(50_000)} = ];${' '.repeat(50_000)}` });

    expect(message).toContain('index.js:1:');
    expect(message.length).toBeLessThan(400);
  });

  it('that its code is too large', async () => {
    expect(await refusal({ 'index.js': `exports.text = "${randomBytes(9_000_000).toString('base64')}"` })).toMatch(
      /The built code of Built has [\d.]+ MiB; 10 MiB are allowed/,
    );
  });
});
