import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LibraryName, libraryFile } from '../libraries/provided-modules.ts';

/** The code of bundled libraries. Each is read when a plugin first imports it; plugins then share the text, not what it evaluates to. */
export type LibrarySource = (name: LibraryName) => string;

/** @param folder what `bundleLibraries` filled, among the paths that this process may read. */
export function createLibrarySource(folder: string): LibrarySource {
  const texts = new Map<LibraryName, string>();
  return (name) => {
    const known = texts.get(name);
    if (known !== undefined) return known;
    // Bundles are ASCII; as such they take a byte a character, outside of the heap.
    const text = readFileSync(join(folder, libraryFile(name)), 'latin1');
    texts.set(name, text);
    return text;
  };
}
