import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROVIDED_MODULES, type ProvidedModule } from '../../../shared/libraries/provided-modules.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
const modules = Object.entries<ProvidedModule>(PROVIDED_MODULES);

describe('the modules that plugins may import', () => {
  it('have the versions that are installed', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const libraries = modules.filter(([, { kind }]) => kind === 'library');

    expect(libraries.length).toBe(9);
    for (const [name, module] of libraries) expect([name, dependencies[name]]).toEqual([name, versionOf(module)]);
  });

  it('stand in docs/imports.md, each with its version', () => {
    const rows = [...read('docs/imports.md').matchAll(/^\| `([^`]+)` \| (\S+) \|/gm)].map(([, name, version]) => [
      name,
      version,
    ]);

    expect(rows).toEqual(modules.map(([name, module]) => [name, versionOf(module)]));
  });
});

function versionOf(module: ProvidedModule): string {
  return module.kind === 'node' ? 'Node’s' : module.version;
}
