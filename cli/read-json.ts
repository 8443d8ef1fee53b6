import { UsageError } from './usage-error.ts';

/**
 * Reads JSON of the command line, or of a file that is named with an @; `@-` is standard input.
 *
 * @param what names it in errors, which never show the text
 * @throws UsageError
 */
export async function readJson(
  what: string,
  given: string,
  readFile: (path: string, encoding: 'utf8') => Promise<string>,
): Promise<unknown> {
  const text = given.startsWith('@') ? await readText(what, given.slice(1), readFile) : given;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${what} is not JSON.`);
  }
}

async function readText(what: string, path: string, readFile: (path: string, encoding: 'utf8') => Promise<string>) {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8');
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${(error as NodeJS.ErrnoException).code}: ${path}`);
  }
}
