import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { IGNORED } from '../../../shared/sources/archive/ignored-files.ts';
import { SOURCE_FORMS } from '../../../shared/sources/parse-source.ts';
import { SOURCE_ERRORS } from '../../../shared/sources/source-error.ts';
import { bytesText, SOURCE_LIMITS } from '../../../shared/sources/source-limits.ts';

const DOCS = readFileSync(join(import.meta.dirname, '../../../docs/sources.md'), 'utf8');

/** The rows of the table below a heading, in cells. */
function rowsBelow(heading: string): string[][] {
  const section = DOCS.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) => row.slice(2, -2).split(' | '));
}

function valueText(name: string, value: number): string {
  if (name.endsWith('Bytes')) return bytesText(value);
  return name.endsWith('Seconds') ? `${value} s` : String(value);
}

test('docs/sources.md shows every form in which a source may be written', () => {
  const forms = rowsBelow('What you may write').map(([kind, examples = '']) => [
    kind,
    [...examples.matchAll(/`([^`]+)`/g)].map(([, example]) => example),
  ]);

  expect(Object.fromEntries(forms)).toEqual(SOURCE_FORMS);
});

test('docs/sources.md has every limit, with its value', () => {
  expect(rowsBelow('Limits').map(([name, value]) => [name, value])).toEqual(
    Object.entries(SOURCE_LIMITS).map(([name, value]) => [`\`${name}\``, valueText(name, value)]),
  );
});

test('docs/sources.md explains every error, in the words of the code', () => {
  expect(rowsBelow('When it fails')).toEqual(
    Object.entries(SOURCE_ERRORS).map(([code, { meaning, mayPass }]) => [
      `\`${code}\``,
      meaning,
      mayPass ? 'yes' : 'no',
    ]),
  );
});

test('docs/sources.md lists what is left out of archives', () => {
  const section = DOCS.split('\n## What is left out\n')[1]?.split('\n## ')[0] ?? '';

  expect([...section.matchAll(/`([^`]+)`/g)].map(([, path]) => path)).toEqual(IGNORED);
});
