import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../cli/test/report.ts';
import { EVENT, pluginFolder } from '../support/bench.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const FIXTURES = join(import.meta.dirname, '../fixtures/plugins');

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the real command. */
function hoglet(...parameters: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...parameters], { maxBuffer: 100_000_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('hoglet', () => {
  it('without a command, or with one that there is not, explains itself and exits with 2', async () => {
    const [none, wrong, help] = await Promise.all([hoglet(), hoglet('tset'), hoglet('--help')]);

    expect(none).toMatchObject({ code: 2, stdout: expect.stringContaining('Usage: hoglet') as string });
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('no command "tset"') as string,
    });
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('  test ') as string });
  });
});

describe('hoglet test', () => {
  it('--json prints the whole report as one object and nothing else', async () => {
    const folder = join(FIXTURES, 'visit-counter');

    const { code, stdout, stderr } = await hoglet('test', folder, join(folder, 'scenario.json'), '--json');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout) as Report;
    // What differs from run to run, and what the HTTP client adds.
    for (const captured of report.captured) captured['uuid'] = 'any';
    const requests = report.requests.map((request) => ({ ...request, headers: 'any' }));
    expect({ ...report, requests }).toEqual(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')));
  });

  it('prints the same for people', async () => {
    const folder = join(FIXTURES, 'visit-counter');

    const { code, stdout } = await hoglet('test', folder, join(folder, 'scenario.json'));

    expect(code).toBe(0);
    for (const text of [
      'Visit Counter (index.js): setup ok',
      '2 event $pageleave',
      'dropped',
      'visits = 2',
      'All went well.',
    ])
      expect(stdout).toContain(text);
  });

  it('exits with 1 when a hook threw, and prints the report all the same', async () => {
    await using folder = await pluginFolder(`export const processEvent = () => { throw new Error('no'); }`);
    const scenario = join(folder.path, 'scenario.json');
    await writeFile(scenario, JSON.stringify({ steps: [{ event: EVENT }] }));

    const { code, stdout } = await hoglet('test', folder.path, scenario, '--json');

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ setup: { status: 'ok' }, errors: [{ message: 'no' }] });
  });

  it('exits with 2 for wrong usage or a scenario that does not fit, which it names, and prints no report', async () => {
    await using folder = await pluginFolder('');
    const scenario = join(folder.path, 'scenario.json');
    await writeFile(scenario, JSON.stringify({ steps: [{ advance: 'soon' }], fetsch: [] }));

    const outcomes = await Promise.all([
      hoglet('test'),
      hoglet('test', join(folder.path, 'nowhere')),
      hoglet('test', folder.path, '--jason'),
      hoglet('test', folder.path, scenario, 'one', 'more'),
      hoglet('test', folder.path, join(folder.path, 'none.json')),
      hoglet('test', folder.path, scenario, '--json'),
    ]);

    expect(outcomes.map(({ code, stdout }) => [code, stdout])).toEqual(outcomes.map(() => [2, '']));
    const problems = [
      'folder is missing',
      'nowhere cannot be read',
      '--jason',
      'one more',
      'none.json',
      'fetsch: unknown key',
    ];
    for (const [index, problem] of problems.entries()) expect(outcomes[index]?.stderr).toContain(problem);
    expect(outcomes.at(-1)?.stderr).toContain('steps[0].advance: ');
  });

  it('prints a large report whole through a pipe', async () => {
    await using folder = await pluginFolder(
      `export function setupPlugin({ storage }) { for (let i = 0; i < 10; i++) storage.set('key' + i, 'é'.repeat(100_000)); }`,
    );

    const { code, stdout } = await hoglet('test', folder.path, '--json');

    expect(code).toBe(0);
    expect(Object.keys((JSON.parse(stdout) as { storage: object }).storage)).toHaveLength(10);
  });

  it('--watch runs again when the plugin changes', async () => {
    await using folder = await pluginFolder(`console.log('first version');`);
    const watching = spawn(process.execPath, [MAIN, 'test', folder.path, '--watch'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      await told(watching, 'first version', 'Waiting for changes');
      await writeFile(join(folder.path, 'index.js'), `console.log('second version');`);
      await told(watching, 'second version');
    } finally {
      watching.kill();
    }
  });
});

/** Resolves when a process has said all of these, in their order. */
function told(child: ChildProcess, ...texts: string[]): Promise<void> {
  let output = '';
  return new Promise((resolve) => {
    const listen = (chunk: Buffer) => {
      output += String(chunk);
      if (texts.every((text) => output.includes(text))) resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
  });
}
