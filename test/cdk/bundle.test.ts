import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import esbuild from 'esbuild/package.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIBRARY_NAMES, libraryFile } from '../../shared/libraries/provided-modules.ts';

const APP = join(import.meta.dirname, '../../cdk/app.ts');

describe('node cdk/app.ts, without the CDK CLI', () => {
  let outdir: string;
  let asset: string;
  let adminAsset: string;

  beforeAll(() => {
    outdir = mkdtempSync(join(tmpdir(), 'hoglet-bundle-'));
    const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: '{"stackName":"Bundled"}' };
    execFileSync(process.execPath, [APP], { env, stdio: 'pipe' });
    // One of those that run plugins, and nothing but that: the admin API brings a compiler along.
    const filesOf = (name: string) =>
      name.startsWith('asset.') && !name.endsWith('.json') ? readdirSync(join(outdir, name)) : [];
    const isPluginFunction = (name: string) =>
      filesOf(name).includes('sandbox.mjs') && !filesOf(name).includes('esbuild');
    const names = readdirSync(outdir);
    asset = join(outdir, names.find(isPluginFunction) ?? 'no asset');
    adminAsset = join(outdir, names.find((name) => filesOf(name).includes('esbuild')) ?? 'no asset');
  }, 180_000);

  afterAll(() => {
    rmSync(outdir, { recursive: true });
  });

  test('takes its settings from CDK_CONTEXT_JSON', () => {
    const template = readFileSync(join(outdir, 'Hoglet.template.json'), 'utf8');

    expect(template).toContain('"QueueName": "Bundled-events"');
  });

  test('puts the sandbox and the libraries of plugins beside the handler, and nothing else', () => {
    expect(readdirSync(asset).sort()).toEqual(['index.mjs', 'libraries', 'sandbox.mjs']);
    expect(readdirSync(join(asset, 'libraries')).sort()).toEqual(LIBRARY_NAMES.map(libraryFile).sort());
  });

  test('stays far below the 250 MB that Lambda allows: 28 MB at the most', () => {
    const files = readdirSync(asset, { recursive: true, encoding: 'utf8' });
    const bytes = files.map((path) => statSync(join(asset, path)).size).reduce((sum, size) => sum + size, 0);

    // About 25: 22.7 of libraries (aws-sdk alone 10.1, snowflake-sdk 5.2), the rest is the function and the sandbox.
    expect(bytes).toBeLessThan(28e6);
    expect(bytes).toBeGreaterThan(20e6);
  });

  test('keeps the AWS SDK in the handler and out of the sandbox', () => {
    const signsRequests = /AWS4-HMAC-SHA256/;

    expect(readFileSync(join(asset, 'index.mjs'), 'utf8')).toMatch(signsRequests);
    expect(readFileSync(join(asset, 'sandbox.mjs'), 'utf8')).not.toMatch(signsRequests);
  });

  test('puts esbuild beside the admin API: for Lambda’s processor, whatever this machine has, and one that runs here', () => {
    const ofLambda = readFileSync(join(adminAsset, 'esbuild/Linux-aarch64'));

    expect(ofLambda.subarray(0, 4).toString('latin1')).toBe('\u007fELF');
    // e_machine of ELF: 183 is AArch64.
    expect(ofLambda.readUInt16LE(18)).toBe(183);
    expect(execFileSync(join(adminAsset, 'esbuild/esbuild'), ['--version'], { encoding: 'utf8' }).trim()).toBe(
      esbuild.version,
    );
  });

  test('makes bundles that a syntax check of Node accepts as modules', () => {
    for (const bundle of ['index.mjs', 'sandbox.mjs']) {
      expect(() => execFileSync(process.execPath, ['--check', join(asset, bundle)], { stdio: 'pipe' })).not.toThrow();
    }
  });
});
