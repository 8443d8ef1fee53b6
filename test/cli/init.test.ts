import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ask } from '../../cli/init/ask.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../../cli/init/templates.ts';
import type { Report } from '../../cli/test/report.ts';
import { parseManifest } from '../../shared/plugins/manifest.ts';
import { temporaryDirectory } from '../support/local-stack.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the real command, without a terminal. */
function hoglet(...parameters: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...parameters], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** What the scenario of each template shows. */
const SHOWN: Record<TemplateName, (report: Report) => unknown> = {
  process: ({ steps }) => steps.map(({ output }) => (output as { properties?: object } | null)?.properties ?? null),
  export: ({ metrics, requests }) => [metrics['events_delivered_successfully'], requests.map(({ url }) => url)],
  webhook: ({ requests }) => requests.map(({ body }) => (JSON.parse(String(body)) as { who: string }).who),
  scheduled: ({ captured }) => captured.map(({ event }) => event),
  job: ({ jobs, captured }) => [jobs.map(({ status }) => status), captured.map(({ event }) => event)],
};
const EXPECTED: Record<TemplateName, unknown> = {
  process: [expect.objectContaining({ plan: 'free', greeting: 'hello' }), null],
  export: [2, ['https://receiver.example/events', 'https://receiver.example/events']],
  webhook: ['me'],
  scheduled: ['events counted'],
  job: [['done'], ['followed up']],
};

describe('hoglet init', () => {
  it.each(TEMPLATE_NAMES)(
    '--template %s begins a plugin whose scenario does what it is about, in either language',
    async (template) => {
      await using directory = await temporaryDirectory();

      const reports = await Promise.all(
        ['', '--typescript'].map(async (language) => {
          const folder = join(directory.path, `my-plugin${language}`);
          const begun = await hoglet('init', folder, '--template', template, ...(language === '' ? [] : [language]));
          expect(begun).toMatchObject({ code: 0, stderr: '' });
          expect(begun.stdout).toContain('npx hoglet test ');
          expect(begun.stdout).toContain('npx hoglet dev ');
          const tested = await hoglet('test', folder, join(folder, 'scenario.json'), '--json');
          const manifest = parseManifest(await readFile(join(folder, 'plugin.json'), 'utf8'));
          return { tested, manifest, files: (await readdir(folder)).sort() };
        }),
      );

      const common = ['.gitignore', 'README.md', 'plugin.json', 'scenario.json'];
      expect(reports.map(({ files }) => files)).toEqual([
        [...common, 'index.js'].sort(),
        [...common, 'index.ts', 'package.json'].sort(),
      ]);
      expect(reports.map(({ manifest }) => [manifest.name, manifest.config.length > 0])).toEqual([
        ['My Plugin', true],
        ['My Plugin Typescript', true],
      ]);
      for (const { tested } of reports) {
        const report = JSON.parse(tested.stdout) as Report;
        expect([tested.code, SHOWN[template](report)]).toEqual([0, EXPECTED[template]]);
      }
    },
    120_000,
  );

  it('overwrites nothing: it says what is in the way, and leaves all as it was', async () => {
    await using directory = await temporaryDirectory();
    const folder = join(directory.path, 'mine');
    await mkdir(folder);
    await writeFile(join(folder, 'index.js'), 'mine');
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeFile(join(folder, 'README.md'), 'mine');

    const { code, stderr } = await hoglet('init', folder, '--yes');

    expect(code).toBe(2);
    expect(stderr).toContain('index.js, README.md already');
    expect((await readdir(folder)).sort()).toEqual(['README.md', 'index.js', 'notes.txt']);
    expect(await readFile(join(folder, 'index.js'), 'utf8')).toBe('mine');
  });

  it('asks nothing without a terminal, and names the templates to who asks for one that there is not', async () => {
    await using directory = await temporaryDirectory();

    const [plain, wrong] = await Promise.all([
      hoglet('init', join(directory.path, 'plain'), '--json'),
      hoglet('init', join(directory.path, 'wrong'), '--template', 'magic'),
    ]);

    expect(JSON.parse(plain.stdout)).toMatchObject({ template: 'process', typescript: false });
    expect(wrong.code).toBe(2);
    for (const name of TEMPLATE_NAMES) expect(wrong.stderr).toContain(name);
    expect(await readdir(directory.path)).toEqual(['plain']);
  });

  it('asks at a terminal, again after an answer that is none, and takes the first for no answer', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let asked = '';
    const answers = ['magic', 'job', ''];
    output.on('data', (chunk: Buffer) => {
      asked += chunk.toString();
      if (chunk.toString().endsWith(') ')) input.write(`${answers.shift()}\n`);
    });

    const chosen = await ask({ input, output });

    expect(chosen).toEqual({ template: 'job', typescript: false });
    expect(asked.match(/What kind of plugin\?/g)).toHaveLength(2);
  });
});
