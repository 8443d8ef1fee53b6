import type { IgnoredFiles } from '../fetched-plugin.ts';

/** Folders and files of an author's workshop, at any depth: no plugin can import them, or means to. `docs/sources.md` lists them. */
export const IGNORED = [
  '.git',
  '.github',
  '.gitlab',
  '.husky',
  '.idea',
  '.vscode',
  '.DS_Store',
  '__MACOSX',
  'node_modules/.bin',
  'node_modules/.cache',
] as const;

const PATTERNS = IGNORED.map((path) => `/${path}/`);

/** The part of the path that is ignored, up to and with it: `lib/.git` for `lib/.git/HEAD`. Null when the path is the plugin's. */
export function ignoredPart(path: string): string | null {
  const framed = `/${path}/`;
  const ends = PATTERNS.map((pattern) => ({ at: framed.indexOf(pattern), length: pattern.length }))
    .filter(({ at }) => at !== -1)
    .map(({ at, length }) => at + length - 2);
  return ends.length === 0 ? null : path.slice(0, Math.min(...ends));
}

/** Counts ignored files by the part that they are ignored for. */
export function countIgnored(paths: readonly string[]): IgnoredFiles[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const part = ignoredPart(path);
    if (part !== null) counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  return [...counts].map(([path, files]) => ({ path, files })).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
