import { SourceError } from '../source-error.ts';

/** Folders that are named in an error. */
const MAX_NAMED = 10;

/**
 * Finds where a plugin lies in an archive. Archives of repositories and of npm have one folder at the top that is not the plugin's
 * own, such as `repository-sha/` or `package/`; one with plugin.json at the top is as it is.
 *
 * @param paths of the files.
 * @param folder of the plugin within the repository; empty: the repository itself.
 * @returns the beginning that all paths of the plugin have, which ends with `/`; or empty.
 * @throws SourceError when no file lies below the folder.
 */
export function pluginRoot(paths: readonly string[], folder: string): string {
  const top = topOf(paths);
  if (folder === '') return top;
  const root = `${top}${folder}/`;
  if (paths.some((path) => path.startsWith(root))) return root;
  throw new SourceError('not_found', `There is no folder ${JSON.stringify(folder)}. ${whereThereAre(paths, top)}`);
}

/** Says in which folders there is a plugin.json. */
export function whereThereAre(paths: readonly string[], top: string): string {
  const folders = paths
    .filter((path) => path.startsWith(top) && path.endsWith('/plugin.json') && !path.includes('node_modules/'))
    .map((path) => path.slice(top.length, -'/plugin.json'.length))
    .filter((path) => path !== '');
  if (folders.length === 0) return 'There is no plugin.json anywhere else either.';
  const more = folders.length > MAX_NAMED ? ` and ${folders.length - MAX_NAMED} more` : '';
  return `There is a plugin.json in ${folders.slice(0, MAX_NAMED).join(', ')}${more}: name that folder in the URL of the repository, as in …/tree/main/${folders[0]}.`;
}

function topOf(paths: readonly string[]): string {
  const [first] = paths;
  const end = first?.indexOf('/') ?? -1;
  if (first === undefined || end === -1 || paths.includes('plugin.json')) return '';
  const top = first.slice(0, end + 1);
  return paths.every((path) => path.startsWith(top)) ? top : '';
}
