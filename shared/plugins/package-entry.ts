import { posix } from 'node:path';

/** The package and the file within it that an import names: `@scope/name/lib/a` is `./lib/a` of `@scope/name`. */
export function splitPackageImport(name: string): { packageName: string; subpath: string } {
  const parts = name.split('/');
  const count = name.startsWith('@') ? 2 : 1;
  return { packageName: parts.slice(0, count).join('/'), subpath: ['.', ...parts.slice(count)].join('/') };
}

/**
 * Paths of the file that an import of a package may mean, likeliest first, without its ending where that goes without saying.
 *
 * @param manifest text of its package.json.
 * @param folder of the package within the plugin.
 * @throws when the manifest is not JSON.
 */
export function packageEntries(manifest: string, folder: string, subpath: string): string[] {
  const { main, exports } = parseManifest(manifest, folder);
  const exported = exports == null ? null : exportTarget(exports, subpath);
  const plain = subpath === '.' && typeof main === 'string' ? [main, posix.join(main, 'index')] : [];
  const fallback = subpath === '.' ? 'index' : subpath;
  return [...(exported === null ? [] : [exported]), ...plain, fallback].map((path) => posix.join(folder, path));
}

function parseManifest(text: string, folder: string): { main?: unknown; exports?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { main?: unknown; exports?: unknown };
  } catch (error) {
    throw new Error(`${folder}/package.json is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Plugins call `require`, so that is what a package is asked for; one that is for `import` alone is bundled all the same. */
const CONDITIONS = [
  new Set(['node', 'require', 'default']),
  new Set(['node', 'require', 'import', 'module', 'default']),
];

function exportTarget(exports: unknown, subpath: string): string | null {
  const isTable =
    typeof exports === 'object' &&
    !Array.isArray(exports) &&
    Object.keys(exports as object).some((key) => key.startsWith('.'));
  const table = (isTable ? exports : { '.': exports }) as Record<string, unknown>;
  for (const conditions of CONDITIONS) {
    const found = Object.hasOwn(table, subpath)
      ? pick(table[subpath], conditions)
      : pickByPattern(table, subpath, conditions);
    if (found !== null) return found;
  }
  return null;
}

function pickByPattern(
  table: Record<string, unknown>,
  subpath: string,
  conditions: ReadonlySet<string>,
): string | null {
  for (const [key, target] of Object.entries(table)) {
    const [before, after, ...more] = key.split('*');
    if (before === undefined || after === undefined || more.length > 0) continue;
    if (!subpath.startsWith(before) || !subpath.endsWith(after) || subpath.length < before.length + after.length)
      continue;
    const middle = subpath.slice(before.length, subpath.length - after.length);
    return pick(target, conditions)?.replaceAll('*', () => middle) ?? null;
  }
  return null;
}

function pick(target: unknown, conditions: ReadonlySet<string>): string | null {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return null;
  const inner = Array.isArray(target)
    ? (target as unknown[])
    : Object.entries(target)
        .filter(([condition]) => conditions.has(condition))
        .map(([, value]) => value as unknown);
  for (const value of inner) {
    const found = pick(value, conditions);
    if (found !== null) return found;
  }
  return null;
}
