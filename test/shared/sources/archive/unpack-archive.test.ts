import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { hashFiles, packFiles } from '../../../../shared/sources/archive/pack-files.ts';
import { unpackArchive } from '../../../../shared/sources/archive/unpack-archive.ts';
import { SourceError } from '../../../../shared/sources/source-error.ts';
import { makeTar, tgzOf } from '../../../support/source-servers/make-tar.ts';
import { makeZip, zipOf } from '../../../support/source-servers/make-zip.ts';

const PLUGIN = {
  'plugin.json': '{"name":"Test"}',
  'index.js': 'exports.processEvent = (event) => event',
  'lib/a.js': '',
};
const IMAGE = Uint8Array.from({ length: 300 }, (_, index) => index % 256);

const FORMATS: [string, (files: Record<string, string | Uint8Array>, top?: string) => Buffer][] = [
  ['zip', zipOf],
  ['tar.gz', tgzOf],
];

async function textsOf(archive: Uint8Array, folder?: string) {
  const { files } = await unpackArchive(archive, folder);
  return Object.fromEntries([...files].map(([path, content]) => [path, Buffer.from(content).toString()]));
}

async function refusalOf(archive: Uint8Array, folder?: string): Promise<SourceError> {
  const error: unknown = await unpackArchive(archive, folder).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SourceError);
  return error as SourceError;
}

describe.each(FORMATS)('a %s', (_, pack) => {
  it.each([
    ['with everything at its top', ''],
    ['with everything in the folder that GitHub makes', 'owner-repository-4f1c5a2/'],
    ['with everything in the folder that npm makes', 'package/'],
  ])('%s gives the same files', async (__, top) => {
    expect(await textsOf(pack(PLUGIN, top))).toEqual(PLUGIN);
  });

  it('keeps what is not text as it is', async () => {
    const { files } = await unpackArchive(pack({ ...PLUGIN, 'logo.png': IMAGE }));

    expect(files.get('logo.png')).toEqual(Buffer.from(IMAGE));
  });

  it('gives the folder that is asked for, and no other', async () => {
    const files = {
      'a/plugin.json': '{}',
      'plugins/mine/plugin.json': '{"name":"Mine"}',
      'plugins/mine/src/index.ts': 'x',
    };

    expect(await textsOf(pack(files, 'repo-sha/'), 'plugins/mine')).toEqual({
      'plugin.json': '{"name":"Mine"}',
      'src/index.ts': 'x',
    });
  });

  it('says where there are plugins when there is none at its top, or in the folder', async () => {
    const archive = pack({ 'README.md': '', 'a/plugin.json': '{}', 'plugins/mine/plugin.json': '{}' }, 'repo-sha/');

    const [top, folder] = [await refusalOf(archive), await refusalOf(archive, 'plugins/others')];

    expect(top.code).toBe('not_found');
    expect(top.message).toBe(
      'There is no plugin.json at the top of the archive. There is a plugin.json in a, plugins/mine: name that folder in the URL of the repository, as in …/tree/main/a.',
    );
    expect(folder.message).toContain('There is no folder "plugins/others". There is a plugin.json in a, plugins/mine');
  });

  it('leaves out what belongs to an author’s workshop, and says so', async () => {
    const workshop = {
      '.git/HEAD': '',
      '.git/objects/ab/cd': '',
      '.DS_Store': '',
      'node_modules/.bin/tsc': '',
      'lib/node_modules/.cache/x/y': '',
      '__MACOSX/._index.js': '',
    };

    const { files, ignored } = await unpackArchive(
      pack({ ...PLUGIN, 'node_modules/left/index.js': '', ...workshop }, 'repo/'),
    );

    expect([...files.keys()].toSorted()).toEqual([...Object.keys(PLUGIN), 'node_modules/left/index.js'].toSorted());
    expect(ignored).toEqual([
      { path: '.DS_Store', files: 1 },
      { path: '.git', files: 2 },
      { path: '__MACOSX', files: 1 },
      { path: 'lib/node_modules/.cache', files: 1 },
      { path: 'node_modules/.bin', files: 1 },
    ]);
  });

  it('from a Mac, with a second folder at the top for what Macs add, is as without it', async () => {
    const archive = pack({ 'my-plugin/plugin.json': '{}', '__MACOSX/my-plugin/._plugin.json': '' });

    expect(await textsOf(archive)).toEqual({ 'plugin.json': '{}' });
  });
});

test('links in what is left out do no harm', async () => {
  const bin = { path: 'node_modules/.bin/tsc', content: '../typescript/tsc', mode: 0o120777 };

  expect(await textsOf(makeZip([{ path: 'plugin.json', content: '{}' }, bin]))).toEqual({ 'plugin.json': '{}' });
});

test('a tar whose paths begin with ./, as tar itself makes them, gives the same files', async () => {
  const entries = [
    { path: './', type: 'Directory' as const },
    { path: './plugin.json', content: '{}' },
  ];

  expect(await textsOf(gzipSync(makeTar(entries)))).toEqual({ 'plugin.json': '{}' });
});

describe('what is no archive', () => {
  it.each([
    ['nothing', '', 'it is empty'],
    ['a page', '<!doctype html><title>Sign in</title>', 'it is a web page'],
    ['something else', 'Rar!', 'it begins like neither'],
  ])('%s is named as that', async (_, text, reason) => {
    const { code, message } = await refusalOf(Buffer.from(text));

    expect([code, message]).toEqual(['bad_archive', `This is no zip and no tar.gz: ${reason}.`]);
  });

  it('an archive that was cut anywhere is refused, never half taken', async () => {
    for (const [, pack] of FORMATS) {
      const whole = pack({ ...PLUGIN, 'logo.png': IMAGE });
      const places = Array.from({ length: 40 }, (_, index) => Math.floor((whole.length * index) / 40));
      for (const place of places) expect((await refusalOf(whole.subarray(0, place))).code).toBe('bad_archive');
    }
  });

  it('and whatever bytes change on the way, there are the same files or that refusal', async () => {
    for (const [name, pack] of FORMATS) {
      const whole = pack({ ...PLUGIN, 'logo.png': IMAGE }, 'top/');
      const honest = await textsOf(whole);
      const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          const result = await textsOf(bytes).catch((error: unknown) => error);
          if (result instanceof Error) expect(result).toBeInstanceOf(SourceError);
          // Names are under no checksum in a zip; contents are.
          else if (name === 'tar.gz') expect(result).toEqual(honest);
        }),
        { numRuns: 200 },
      );
    }
  });
});

describe('files packed again', () => {
  const path = fc
    .array(fc.stringMatching(/^[\w é-]{1,30}[\wé]$/), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('/'))
    .filter((text) => text.length < 390 && !/(^|\/)(node_modules|plugin\.json)(\/|$)/.test(text));

  it('are the same when they are unpacked, whatever their names and contents', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(path, fc.uint8Array({ maxLength: 2000 }), { maxKeys: 8 }), async (given) => {
        const files = new Map([['plugin.json', Buffer.from('{}')], ...Object.entries(given)]);
        const names = [...files.keys()];
        fc.pre(!names.some((name) => names.some((other) => other.startsWith(`${name}/`))));

        const { files: unpacked } = await unpackArchive(packFiles(files));

        expect(new Map([...unpacked].map(([name, content]) => [name, Buffer.from(content)]))).toEqual(
          new Map([...files].map(([name, content]) => [name, Buffer.from(content)])),
        );
        expect(hashFiles(unpacked)).toBe(hashFiles(files));
      }),
      { numRuns: 100 },
    );
  });

  it('give the same archive in whatever order they come', () => {
    const entries = Object.entries(PLUGIN).map(([name, content]) => [name, Buffer.from(content)] as const);

    expect(packFiles(new Map(entries.toReversed()))).toEqual(packFiles(new Map(entries)));
  });

  it.each([
    ['a content', { 'plugin.json': '{} ' }],
    ['a path', { 'Plugin.json': '{}' }],
    ['a file more', { 'plugin.json': '{}', a: '' }],
  ])('have another hash with %s', (_, changed: Record<string, string>) => {
    const filesOf = (texts: Record<string, string>) =>
      new Map(Object.entries(texts).map(([name, content]) => [name, Buffer.from(content)]));

    expect(hashFiles(filesOf(changed))).not.toBe(hashFiles(filesOf({ 'plugin.json': '{}' })));
  });
});
