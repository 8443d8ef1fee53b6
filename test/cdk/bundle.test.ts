import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const APP = join(import.meta.dirname, '../../cdk/app.ts');

describe('node cdk/app.ts, without the CDK CLI', () => {
  let outdir: string;
  let asset: string;

  beforeAll(() => {
    outdir = mkdtempSync(join(tmpdir(), 'hoglet-bundle-'));
    const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: '{"stackName":"Bundled"}' };
    execFileSync(process.execPath, [APP], { env, stdio: 'pipe' });
    asset = join(outdir, readdirSync(outdir).find((name) => name.startsWith('asset.')) ?? 'no asset');
  });

  afterAll(() => {
    rmSync(outdir, { recursive: true });
  });

  test('takes its settings from CDK_CONTEXT_JSON', () => {
    const template = readFileSync(join(outdir, 'Hoglet.template.json'), 'utf8');

    expect(template).toContain('"QueueName": "Bundled-events"');
  });

  test('puts the sandbox beside the handler, and nothing else', () => {
    expect(readdirSync(asset).sort()).toEqual(['index.mjs', 'sandbox.mjs']);
  });

  test('keeps the AWS SDK in the handler and out of the sandbox', () => {
    const signsRequests = /AWS4-HMAC-SHA256/;

    expect(readFileSync(join(asset, 'index.mjs'), 'utf8')).toMatch(signsRequests);
    expect(readFileSync(join(asset, 'sandbox.mjs'), 'utf8')).not.toMatch(signsRequests);
  });

  test('makes bundles that a syntax check of Node accepts as modules', () => {
    for (const bundle of ['index.mjs', 'sandbox.mjs']) {
      expect(() => execFileSync(process.execPath, ['--check', join(asset, bundle)], { stdio: 'pipe' })).not.toThrow();
    }
  });
});
