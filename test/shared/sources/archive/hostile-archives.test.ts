import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { entryPath } from '../../../../shared/sources/archive/entry-path.ts';
import { unpackArchive } from '../../../../shared/sources/archive/unpack-archive.ts';
import { SourceError } from '../../../../shared/sources/source-error.ts';
import { SOURCE_LIMITS } from '../../../../shared/sources/source-limits.ts';
import { makeTar, type TarEntry } from '../../../support/source-servers/make-tar.ts';
import { makeZip, type ZipEntry } from '../../../support/source-servers/make-zip.ts';

const MANIFEST = { path: 'plugin.json', content: '{"name":"Hostile"}' };
const MIB = 1024 * 1024;

const zip = (...entries: ZipEntry[]) => makeZip([MANIFEST, ...entries]);
const tgz = (...entries: TarEntry[]) => gzipSync(makeTar([MANIFEST, ...entries]));

async function refusal(archive: Uint8Array): Promise<string> {
  const error: unknown = await unpackArchive(archive).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SourceError);
  expect((error as SourceError).code).toBe('bad_archive');
  return (error as SourceError).message;
}

/** How much more memory is in use at most while it is done, bytes. */
async function memoryOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 1);
  await work();
  clearInterval(timer);
  return Math.max(most, process.memoryUsage.rss()) - before;
}

describe('a path that could lead out of the archive is refused', () => {
  it.each([
    ['../evil.js', '".."'],
    ['lib/../../evil.js', '".."'],
    ['lib/..', '".."'],
    ['/etc/passwd', 'absolute'],
    ['//server/share', 'absolute'],
    ['C:/windows/evil.js', 'absolute'],
    ['c:evil.js', 'absolute'],
    ['lib\\..\\evil.js', 'backslash'],
    ['evil.js\u0000.png', 'control character'],
    ['evil\n.js', 'control character'],
    [`${'a/'.repeat(40)}evil.js`, 'folders deep'],
    ['x'.repeat(500), 'path of 500 characters'],
  ])('%j, in a zip and in a tar', async (path, reason) => {
    expect(await refusal(zip({ path }))).toContain(reason);
    // The field of a tar's header ends at the first NUL, and takes long paths apart.
    if (!path.includes('\u0000') && path.length < 100) expect(await refusal(tgz({ path }))).toContain(reason);
  });

  test('whatever it is: what is let in has no such part', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '/', '\\', 'C:', '\u0000', '%2e%2e', 'a'),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom('/', '\\', ''), (parts, separator) => {
        let path: string;
        try {
          path = entryPath(parts.join(separator));
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError);
          return;
        }
        expect(path.split('/').filter((name) => name === '..' || name === '.')).toEqual([]);
        expect(path).not.toMatch(/^\/|^[A-Za-z]:|\\|\/\/|\/$/);
        expect(path).not.toContain('\u0000');
      }),
      { numRuns: 3000 },
    );
  });
});

describe('what is neither file nor folder is refused', () => {
  it.each([
    ['a link', { path: 'a', content: '/etc/passwd', mode: 0o120777 }, 'is a link'],
    ['a device', { path: 'a', mode: 0o020666 }, 'neither a file nor a folder'],
    ['a pipe', { path: 'a', mode: 0o010666 }, 'neither a file nor a folder'],
  ])('%s in a zip', async (_, entry, reason) => {
    expect(await refusal(zip(entry))).toContain(reason);
  });

  it.each([
    ['a link', { path: 'a', type: 'SymbolicLink', linkpath: '/etc/passwd' }, 'is a link'],
    ['a hard link', { path: 'a', type: 'Link', linkpath: 'plugin.json' }, 'is a link'],
    ['a device', { path: 'a', type: 'CharacterDevice' }, 'neither a file nor a folder'],
    ['a pipe', { path: 'a', type: 'FIFO' }, 'neither a file nor a folder'],
  ] as [string, TarEntry, string][])('%s in a tar', async (_, entry, reason) => {
    expect(await refusal(tgz(entry))).toContain(reason);
  });

  it('plugin.json itself', async () => {
    expect(await refusal(makeZip([{ ...MANIFEST, mode: 0o120777 }]))).toContain('is a link');
  });
});

describe('what is there twice is refused', () => {
  it.each([
    ['the same path', 'lib/a.js', 'lib/a.js', 'is there twice'],
    ['the same path, written differently', 'lib/a.js', 'lib//./a.js', 'is there twice'],
    ['a file that is a folder, too', 'lib', 'lib/a.js', 'lies in lib, which is a file'],
  ])('%s', async (_, first, second, reason) => {
    expect(await refusal(zip({ path: first }, { path: second }))).toContain(reason);
    expect(await refusal(tgz({ path: first }, { path: second }))).toContain(reason);
  });
});

describe('a bomb is refused before it goes off', () => {
  const zeros = Buffer.alloc(60 * MIB);

  it('100,000 entries, without reading more than are allowed', async () => {
    const entries = Array.from({ length: 100_000 }, (_, index) => ({ path: `${index}`, isStored: true }));

    expect(await refusal(makeZip(entries, { entryCount: 100_000 }))).toContain('more than the 5000 entries');
    expect(await refusal(gzipSync(makeTar(entries)))).toContain('more than the 5000 entries');
  });

  it('a plugin.json of 50 MB', async () => {
    const content = `{"name":"${'x'.repeat(50_000_000)}"}`;
    const archives = [
      makeZip([{ path: 'plugin.json', content }]),
      gzipSync(makeTar([{ path: 'plugin.json', content }])),
    ];

    for (const archive of archives) {
      const memory = await memoryOf(async () => {
        expect(await refusal(archive)).toContain('has 47.7 MiB unpacked; 1 MiB are allowed');
      });
      expect(memory).toBeLessThan(30 * MIB);
    }
  });

  it('a file of a few kilobytes that unpacks to megabytes', async () => {
    const archives = [
      zip({ path: 'a', content: zeros.subarray(0, 10 * MIB) }),
      tgz({ path: 'a', content: zeros.subarray(0, 10 * MIB) }),
    ];

    for (const archive of archives) {
      expect(archive.length).toBeLessThan(20_000);
      expect(await refusal(archive)).toContain('more than 100 times its size');
    }
  });

  it('many files that are allowed alone and not together', async () => {
    // What cannot be compressed is far from the ratio.
    const noise = randomBytes(15 * MIB);
    const entries = Array.from({ length: 5 }, (_, index) => ({ path: `${index}`, content: noise, isStored: true }));

    expect(await refusal(zip(...entries))).toContain('more than the 64 MiB');
    expect(await refusal(gzipSync(makeTar([MANIFEST, ...entries]), { level: 0 }))).toContain('more than the 64 MiB');
  });

  it('one file that is too large', async () => {
    expect(await refusal(zip({ path: 'a', content: zeros }))).toContain('has 60 MiB unpacked; 16 MiB are allowed');
    expect(await refusal(tgz({ path: 'a', content: zeros }))).toContain('has 60 MiB unpacked; 16 MiB are allowed');
  });

  it('a zip that declares less than it unpacks to', async () => {
    const archive = zip({ path: 'a', content: zeros, declared: { sizeBytes: 100 } });

    const memory = await memoryOf(async () => {
      expect(await refusal(archive)).toContain('cannot be unpacked');
    });

    expect(memory).toBeLessThan(30 * MIB);
  });

  it('a zip whose entries share one piece of data', async () => {
    const entries = Array.from({ length: 1000 }, (_, index) => ({ path: `${index}`, sharedWith: 0 }));
    const first = { path: 'kernel', content: zeros.subarray(0, 16 * MIB - 1) };

    expect(await refusal(makeZip([first, MANIFEST, ...entries]))).toContain('shares its data with another entry');
  });

  it('a zip whose data reaches into the next entry', async () => {
    expect(
      await refusal(zip({ path: 'a', content: 'x', declared: { packedBytes: 60 } }, { path: 'b', content: 'y' })),
    ).toContain('shares its data');
  });

  it('an archive within an archive, as a tar', async () => {
    const bomb = gzipSync(gzipSync(makeTar([MANIFEST, { path: 'a', content: zeros }])));

    expect(await refusal(bomb)).toContain('compressed twice');
  });

  it('a tar with endless descriptions of a file', async () => {
    const attributes = `${10 * MIB} comment=${'x'.repeat(10 * MIB - 18)}\n`;
    const archive = tgz({ path: 'PaxHeader/a', type: 'ExtendedHeader', content: attributes }, { path: 'a' });

    expect(await refusal(archive)).toMatch(/ExtendedHeader has 10 MiB|more than 100 times/);
  });

  it('a tar that goes on after its end', async () => {
    const rest = randomBytes(20 * MIB);
    const archive = gzipSync(Buffer.concat([makeTar([MANIFEST]), rest]));

    expect([...(await unpackArchive(archive)).files.keys()]).toEqual(['plugin.json']);
  });
});

describe('an archive that lies is refused', () => {
  it.each([
    ['about a checksum', zip({ path: 'a', content: 'x', declared: { crc32: 1 } }), 'its checksum is another'],
    [
      'about a size, which is smaller',
      zip({ path: 'a', content: 'x', declared: { sizeBytes: 1000 } }),
      'cannot be unpacked',
    ],
    [
      'about where its data lies',
      zip({ path: 'a', content: 'x', isStored: true, declared: { packedBytes: 5e8, sizeBytes: 5e8 } }),
      'shares its data',
    ],
    ['about a size, in a tar', tgz({ path: 'a', content: 'x', declaredBytes: 100_000 }), 'cannot be unpacked'],
    [
      'about a huge size, in a tar',
      tgz({ path: 'a', content: 'x', declaredBytes: 2 ** 40 }),
      'unpacked; 16 MiB are allowed',
    ],
  ])('%s', async (_, archive, reason) => {
    expect(await refusal(archive)).toContain(reason);
  });

  it('in the number of its entries', async () => {
    const many = Array.from({ length: SOURCE_LIMITS.entries + 10 }, (_, index) => ({ path: `${index}` }));

    // What its end does not count is not read, so there is no plugin in it.
    const error = await unpackArchive(makeZip([...many, MANIFEST], { entryCount: 3 })).catch(
      (caught: unknown) => caught,
    );

    expect(error).toBeInstanceOf(SourceError);
  });
});
