import { expect, test } from 'vitest';
import { parseSource } from '../../../shared/sources/parse-source.ts';
import { findInLibrary, PLUGIN_LIBRARY } from '../../../shared/sources/plugin-library.ts';

test('every plugin of the library has a source that can be read, and is found by its name', () => {
  for (const plugin of PLUGIN_LIBRARY) {
    expect(parseSource(plugin.source).source, plugin.name).toMatchObject({ kind: 'github', ref: { kind: 'default' } });
    expect(findInLibrary(plugin.name.toUpperCase())).toBe(plugin);
    expect(plugin.description).toMatch(/^[A-Z].*\.$/);
  }
  expect(PLUGIN_LIBRARY.length).toBeGreaterThan(10);
});

test('no two plugins of the library have one name, or one source', () => {
  const names = PLUGIN_LIBRARY.map(({ name }) => name.toLowerCase());
  const sources = PLUGIN_LIBRARY.map(({ source }) => source.toLowerCase());

  expect([new Set(names).size, new Set(sources).size]).toEqual([names.length, sources.length]);
});
