import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../usage-error.ts';

/**
 * Finds what a scenario names by a path: beside the scenario, or else from the plugin's folder.
 *
 * @param where the path within the scenario, for the error.
 * @throws UsageError when it is in neither place.
 */
export function findPath(path: string, where: string, folders: readonly string[]): string {
  const places = folders.map((folder) => resolve(folder, path));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new UsageError(
      `The scenario cannot be used:\n- ${where}: there is no ${[...new Set(places)].join(', and no ')}`,
    );
  return found;
}
