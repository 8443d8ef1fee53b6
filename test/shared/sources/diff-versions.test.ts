import { describe, expect, it } from 'vitest';
import { diffVersions } from '../../../shared/sources/diff-versions.ts';

const filesOf = (files: Record<string, string | Uint8Array>) =>
  new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content as string)]));
const diff = (before: Record<string, string | Uint8Array>, after: Record<string, string | Uint8Array>) =>
  diffVersions(filesOf(before), filesOf(after));

const LINES = Array.from({ length: 20 }, (_, index) => `line ${index}`);

describe('the difference between two versions', () => {
  it('is empty when nothing differs', () => {
    expect(diff({ a: 'x', b: 'y' }, { b: 'y', a: 'x' })).toEqual([]);
  });

  it('shows what changed in a file, with the lines around it', () => {
    const [changed, ...more] = diff({ 'a.js': LINES.join('\n') }, { 'a.js': LINES.with(10, 'changed').join('\n') });

    expect(more).toEqual([]);
    expect(changed?.text).toContain(
      '--- a/a.js\n+++ b/a.js\n@@ -8,7 +8,7 @@\n line 7\n line 8\n line 9\n-line 10\n+changed\n line 11\n',
    );
    expect(changed?.omitted).toBeNull();
  });

  it('shows files that are new and gone, by path', () => {
    const files = diff({ gone: 'a\n', same: '' }, { same: '', added: 'b\n' });

    expect(files.map(({ path, before, after }) => [path, before?.sizeBytes, after?.sizeBytes])).toEqual([
      ['added', undefined, 2],
      ['gone', 2, undefined],
    ]);
    expect(files[0]?.text).toContain('--- /dev/null\n+++ b/added\n@@ -0,0 +1,1 @@\n+b\n');
    expect(files[1]?.text).toContain('--- a/gone\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n');
  });

  it('compares what is not text by size and hash', () => {
    const [image] = diff(
      { 'logo.png': Uint8Array.of(0x89, 0x50, 0xff) },
      { 'logo.png': Uint8Array.of(0x89, 0x50, 0, 1) },
    );

    expect(image).toMatchObject({ omitted: 'binary', text: null, before: { sizeBytes: 3 }, after: { sizeBytes: 4 } });
    expect(image?.before?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(image?.before?.sha256).not.toBe(image?.after?.sha256);
  });

  it('compares files that are large, or that have become other files, by size and hash', () => {
    const numbered = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => from + index).join('\n');

    const files = diff(
      { 'a.js': 'x\n', 'b.js': numbered(0, 6000) },
      { 'a.js': 'x\n'.repeat(300_000), 'b.js': numbered(100_000, 6000) },
    );

    expect(files.map(({ path, omitted }) => [path, omitted])).toEqual([
      ['a.js', 'large'],
      ['b.js', 'rewritten'],
    ]);
  });

  it('ends where it has become long, and still names every file', () => {
    const added = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${index}.txt`, 'x'.repeat(300_000)]));

    const files = diff({}, { ...added, 'small.txt': 'y' });

    expect(files.map(({ omitted }) => omitted)).toEqual([
      null,
      null,
      null,
      ...Array.from({ length: 7 }, () => 'total'),
      null,
    ]);
    expect(files.reduce((sum, { text }) => sum + (text?.length ?? 0), 0)).toBeLessThan(1024 * 1024);
  });
});
