import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bundledLibrariesFolder,
  bundleLibraries,
  librariesNamedIn,
} from '../../../shared/libraries/bundle-libraries.ts';
import { LIBRARY_NAMES, libraryFile } from '../../../shared/libraries/provided-modules.ts';
import { NODE_MODULES } from '../../../shared/sandbox/library-loader.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hoglet-libraries-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('bundling the libraries of plugins', () => {
  it('makes a file for each library that is asked for, and no other', async () => {
    await bundleLibraries(folder, ['pg', 'generic-pool']);

    expect(readdirSync(folder).sort()).toEqual(['generic-pool.js', 'pg.js']);
  });

  it('leaves alone what is there', async () => {
    await bundleLibraries(folder, ['generic-pool']);
    const { mtimeMs, ino } = statSync(join(folder, 'generic-pool.js'));

    await bundleLibraries(folder, ['generic-pool']);

    expect(statSync(join(folder, 'generic-pool.js'))).toMatchObject({ mtimeMs, ino });
  });

  it('gives whole files when several do it at the same time', async () => {
    await Promise.all([1, 2, 3].map(() => bundleLibraries(folder, ['jsonwebtoken', 'generic-pool'])));

    expect(readdirSync(folder).sort()).toEqual(['generic-pool.js', 'jsonwebtoken.js']);
    const load = createRequire(import.meta.url);
    expect(Object.keys(load(join(folder, 'jsonwebtoken.js')) as object)).toContain('verify');
  });

  it('leaves nothing half done behind when a library cannot be bundled', async () => {
    mkdirSync(join(folder, 'gone'));

    await expect(bundleLibraries(join(folder, 'gone'), ['no-such-library' as 'pg'])).rejects.toThrow(/no-such-library/);

    expect(readdirSync(join(folder, 'gone'))).toEqual([]);
  });

  it('leaves out of the bundles only modules of Node that plugins’ libraries are given, and what is optional', async () => {
    const bundles = bundledLibrariesFolder();
    await bundleLibraries(bundles);

    const required = new Set<string>();
    for (const name of LIBRARY_NAMES) {
      const code = readFileSync(join(bundles, libraryFile(name)), 'latin1');
      for (const [, module = ''] of code.matchAll(/\brequire\("([^"]+)"\)/g)) required.add(module.replace('node:', ''));
    }

    expect(required.size).toBeGreaterThan(25);
    expect([...required].filter((module) => !NODE_MODULES.has(module)).sort()).toEqual([
      // In the text of an error only.
      '@aws-sdk/signature-v4-crt',
      'encoding',
      'pg-native',
      'supports-color',
    ]);
  });
});

describe('librariesNamedIn', () => {
  it.each([
    [`import { S3 } from 'aws-sdk'`, ['aws-sdk']],
    [`require("@google-cloud/storage")`, ['@google-cloud/storage']],
    ['google.cloud.pubsub', ['@google-cloud/bigquery', '@google-cloud/pubsub', '@google-cloud/storage']],
    [`exports.processEvent = (event) => event`, []],
  ])('finds in %s what it may import', (code, expected) => {
    expect(librariesNamedIn(code)).toEqual(expected);
  });
});
