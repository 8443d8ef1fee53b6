import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['bench', 'cdk', 'cli', 'functions', 'local', 'shared', 'test'];

/** What each folder may import from the project, as path prefixes; the longest match of a file's own path decides. */
const MAY_IMPORT: Record<string, string[]> = {
  // The CDK app knows functions by path only, and shares one list of allowed values with them.
  'cdk/': ['cdk/', 'shared/event/ingestion-format.ts'],
  'functions/': ['functions/', 'shared/'],
  // The stack knows the synthesised template; the demo stands for a user with the admin's code at hand.
  'local/': ['local/'],
  'local/demo/': ['local/', 'shared/'],
  'cli/': ['cli/', 'shared/'],
  // The one command that is a stack, not a client of one.
  'cli/dev/': ['cli/', 'local/', 'shared/'],
  'shared/event/': ['shared/event/'],
  'shared/pipeline/': ['shared/pipeline/', 'shared/event/'],
  // The child owns nothing: no AWS, no state, nothing of its parent.
  // It only knows in which form a source map comes with the code.
  'shared/sandbox/': [
    'shared/sandbox/',
    'shared/pipeline/',
    'shared/event/',
    'shared/plugins/source-map-comment.ts',
    'shared/libraries/provided-modules.ts',
  ],
  'shared/host/': [
    'shared/host/',
    'shared/sandbox/',
    'shared/event/',
    'shared/plugins/try-load.ts',
    'shared/registry/',
    'shared/state/',
    'shared/lifecycle/lifecycle-event.ts',
  ],
  'shared/lifecycle/': ['shared/lifecycle/', 'shared/aws/', 'shared/state/chunks-of.ts'],
  'shared/plugins/': ['shared/plugins/', 'shared/registry/plugin-config.ts', 'shared/libraries/provided-modules.ts'],
  'shared/registry/': ['shared/registry/', 'shared/plugins/', 'shared/secrets/', 'shared/aws/'],
  'shared/secrets/': ['shared/secrets/', 'shared/aws/'],
  'shared/libraries/': ['shared/libraries/'],
  // Which addresses are private is the same question for whoever fetches.
  'shared/sources/': [
    'shared/sources/',
    'shared/plugins/',
    'shared/registry/plugin-config.ts',
    'shared/sandbox/address-guard.ts',
  ],
  'shared/state/': ['shared/state/', 'shared/aws/', 'shared/event/queue-text.ts'],
  'shared/aws/': ['shared/aws/'],
  'bench/': ['bench/', 'functions/', 'local/', 'shared/'],
  'test/': ['test/', 'cdk/', 'cli/', 'functions/', 'local/', 'shared/', 'bench/', 'vitest.config.ts'],
};

/** Packages that only some folders may use. */
const PACKAGE_OWNERS: [pattern: RegExp, owners: string[]][] = [
  [/^@aws-sdk\//, ['shared/aws/', 'shared/state/', 'shared/registry/', 'shared/secrets/', 'local/', 'test/']],
  [/^(aws-cdk-lib|constructs|cdk-nag)/, ['cdk/', 'test/']],
  [/^(fauxqs|dynalite)/, ['local/', 'test/']],
  [
    /^esbuild$/,
    [
      'shared/plugins/compile.ts',
      'shared/plugins/bundle-imports.ts',
      'shared/libraries/bundle-libraries.ts',
      'test/',
      'local/',
      'bench/',
    ],
  ],
];

interface Import {
  from: string;
  specifier: string;
}

function sourceFiles(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  ).filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(ROOT, from), 'utf8');
  const pattern = /^\s*(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|import\('([^']+)'\)/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    from,
    specifier: (match[1] ?? match[2] ?? match[3]) as string,
  }));
}

function longestMatch(path: string): string[] {
  const owner = Object.keys(MAY_IMPORT)
    .filter((prefix) => path.startsWith(prefix))
    .toSorted((a, b) => b.length - a.length)[0];
  return MAY_IMPORT[owner ?? ''] ?? [];
}

const files = sourceFiles();
const imports = files.flatMap(importsOf);

describe('the architecture', () => {
  it('is read by this test: every folder has files and imports', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('lets imports point one way only', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ from, specifier }) => ({ from, to: relative(ROOT, resolve(ROOT, dirname(from), specifier)) }))
      .filter(({ from, to }) => !longestMatch(from).some((prefix) => to.startsWith(prefix)));

    expect(wrong).toEqual([]);
  });

  it('keeps AWS, the CDK and the embedded servers to the folders that are about them', () => {
    const wrong = imports.filter(({ from, specifier }) =>
      PACKAGE_OWNERS.some(
        ([pattern, owners]) => pattern.test(specifier) && !owners.some((owner) => from.startsWith(owner)),
      ),
    );

    expect(wrong).toEqual([]);
  });

  it('reads the environment of functions in one file', () => {
    const readers = files.filter(
      (path) => /^(functions|shared)\//.test(path) && /process\.env\b/.test(readFileSync(join(ROOT, path), 'utf8')),
    );

    expect(readers).toEqual(['functions/environment.ts']);
  });

  it('keeps entries to wiring: ten lines at most', () => {
    const long = files.filter(
      (path) => path.endsWith('.lambda.ts') && readFileSync(join(ROOT, path), 'utf8').trim().split('\n').length > 10,
    );

    expect(long).toEqual([]);
  });

  it('names files for what they are', () => {
    const wrong = files.filter(
      (path) =>
        !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.ts$/.test(path.split('/').at(-1) ?? '') ||
        /\/(utils?|helpers?|types?|common|misc)\.ts$/.test(path),
    );

    expect(wrong).toEqual([]);
  });

  it('keeps files short: 250 lines, tests aside', () => {
    const long = files.filter(
      (path) => !path.startsWith('test/') && readFileSync(join(ROOT, path), 'utf8').split('\n').length > 251,
    );

    expect(long).toEqual([]);
  });
});
