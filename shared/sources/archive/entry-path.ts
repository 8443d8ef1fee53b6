import { SourceError } from '../source-error.ts';
import { SOURCE_LIMITS } from '../source-limits.ts';

/**
 * Reads the path of an archive's entry: relative, `/` between its parts, without `.`, empty for the archive's top itself.
 *
 * @throws SourceError when it could mean a place outside of the archive on any system, or is longer or deeper than paths are.
 */
export function entryPath(text: string): string {
  const problem = problemWith(text);
  if (problem !== null) throw refusedEntry(text, problem);
  return partsOf(text).join('/');
}

/** An entry that is not let in: no part of its archive is. */
export function refusedEntry(path: string, problem: string): SourceError {
  const shown = JSON.stringify(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path);
  return new SourceError('bad_archive', `The archive is refused: its entry ${shown} ${problem}.`);
}

const MAX_SHOWN = 120;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for.
const CONTROL = /[\u0000-\u001f\u007f]/;

function problemWith(text: string): string | null {
  const { pathCharacters, pathDepth } = SOURCE_LIMITS;
  if (text === '') return 'has no name';
  if (CONTROL.test(text)) return 'has a control character in its name';
  if (text.includes('\\')) return 'has a backslash in its name; allowed is / between folders';
  // A drive may hide behind what is left out: `./C:`.
  if (text.startsWith('/') || /^[A-Za-z]:/.test(partsOf(text)[0] ?? ''))
    return 'has an absolute path; allowed are paths within the archive';
  if (text.split('/').includes('..')) return 'leads out of its folder by ".."';
  if (text.length > pathCharacters) return `has a path of ${text.length} characters; ${pathCharacters} are allowed`;
  const depth = partsOf(text).length;
  return depth > pathDepth ? `lies ${depth} folders deep; ${pathDepth} are allowed` : null;
}

function partsOf(text: string): string[] {
  return text.split('/').filter((part) => part !== '' && part !== '.');
}
