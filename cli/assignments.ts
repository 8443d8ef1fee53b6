import { UsageError } from './usage-error.ts';

/**
 * Reads values of the command line: `key=text`, `key=@file` for the text of a file (`@-` is standard input), `key:=JSON`.
 * A text that begins with an @ is written with two.
 *
 * @throws UsageError that says which one cannot be read; never with the value, which may be a secret
 */
export async function assignments(
  words: string[],
  readFile: (path: string, encoding: 'utf8') => Promise<string>,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const word of words) {
    const parts = /^([^=:]+)(:?=)([^]*)$/.exec(word);
    const [, key, sign, text] = parts ?? [];
    if (key === undefined || text === undefined)
      throw new UsageError('A value must be key=text, key=@file or key:=JSON.');
    values[key] = sign === ':=' ? json(key, text) : await readText(key, text, readFile);
  }
  return values;
}

/** A text of the command line, or of the file that it names: `@file`, `@-`. @throws UsageError */
export async function readText(
  key: string,
  text: string,
  readFile: (path: string, encoding: 'utf8') => Promise<string>,
) {
  if (text.startsWith('@@')) return text.slice(1);
  if (!text.startsWith('@')) return text;
  const path = text.slice(1);
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8');
  } catch (error) {
    throw new UsageError(`The file for ${key} cannot be read: ${(error as NodeJS.ErrnoException).code}: ${path}`);
  }
}

function json(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`The value of ${key} is not JSON; for plain text, write ${key}=…`);
  }
}
