import { describe, expect, it } from 'vitest';
import { bench, EVENT, said } from '../../support/bench.ts';

const UNTOUCHED = [{ output: EVENT }];

describe('setupPlugin', () => {
  it('runs once before the first step; as the first step it is that run, later it runs again', async () => {
    const code = `let runs = 0;
      export function setupPlugin({ global }) { global.runs = ++runs; return { runs }; }
      export function processEvent(event, { global }) { event.properties.runs = global.runs; return event; }`;

    const { steps, setup } = await bench(code, { steps: [{ setup: true }, { event: EVENT }, { setup: true }] });

    expect(setup).toEqual({ status: 'ok' });
    expect(steps).toMatchObject([
      { output: { runs: 1 } },
      { output: { properties: { runs: 1 } } },
      { output: { runs: 2 } },
    ]);
  });

  it('that fails lets later steps run and events pass by unchanged', async () => {
    const code = `export function setupPlugin() { throw new TypeError('No key'); }
      export function processEvent(event) { event.properties.seen = true; return event; }
      export function runEveryMinute() {}`;

    const report = await bench(code, { steps: [{ event: EVENT }, { call: 'runEveryMinute' }, { advance: '1 hour' }] });

    expect(report.setup).toEqual({ status: 'failed', error: 'No key' });
    expect(report.steps).toEqual([
      ...UNTOUCHED,
      { output: null, error: 'The plugin is not set up: No key' },
      { output: null },
    ]);
    expect(report.errors).toEqual([{ hook: 'setupPlugin', name: 'TypeError', message: 'No key' }]);
    expect(report.isGood).toBe(false);
  });

  it('that fails later on takes the plugin out, and one that succeeds again puts it back', async () => {
    const code = `let runs = 0;
      export function setupPlugin() { if (++runs === 2) throw 'second'; }
      export function processEvent(event) { return { ...event, seen: runs }; }`;

    const { steps, setup, errors, isGood } = await bench(code, {
      steps: [{ setup: true }, { setup: true }, { event: EVENT }, { setup: true }, { event: EVENT }],
    });

    expect(steps[1]).toEqual({ output: null, error: 'second' });
    expect(steps[2]).toEqual(UNTOUCHED[0]);
    expect(steps[4]?.output).toMatchObject({ seen: 3 });
    expect(setup).toEqual({ status: 'ok' });
    expect(errors).toEqual([{ hook: 'setupPlugin', name: 'Error', message: 'second' }]);
    expect(isGood).toBe(false);
  });

  it('that throws RetryError is tried again as time goes by, and the report tells its last attempt', async () => {
    const code = `import { RetryError } from '@posthog/plugin-scaffold';
      export async function setupPlugin({ storage }) {
        const tries = (await storage.get('tries', 0)) + 1;
        await storage.set('tries', tries);
        console.log(new Date().toISOString().slice(14, 19));
        if (tries < 4) throw new RetryError('not yet');
      }`;

    const waiting = await bench(code, { steps: [{ advance: '8 seconds' }] });
    const ready = await bench(code, { steps: [{ event: EVENT }, { advance: '1 minute' }] });

    expect(waiting).toMatchObject({
      setup: { status: 'retry', error: 'not yet' },
      storage: { tries: 2 },
      isGood: false,
    });
    expect(ready).toMatchObject({ setup: { status: 'ok' }, isGood: true });
    expect(said(ready)).toEqual(['00:00', '00:03', '00:09', '00:21']);
    expect(said(waiting, 'SYSTEM')).toEqual(
      [3, 6].map((seconds) => `Plugin failed to load (instance ID test). Retrying in ${seconds} s.`),
    );
  });

  it.each([
    ['a syntax error', 'export function processEvent( {', 'index.js:1:'],
    [
      'an unknown import',
      `import x from 'left-pad'; export const processEvent = () => x;`,
      "Cannot import 'left-pad'!",
    ],
    ['an unsupported metric', `export const metrics = { a: 'avg' };`, "Only 'sum', 'max', and 'min' are supported"],
    ['a throw at the top', `throw new Error('at once');`, 'at once'],
  ])('is not reached with %s: the load failed, and the report is whole', async (_, code, message) => {
    const report = await bench(code, { steps: [{ event: EVENT }] });

    expect(report.setup).toMatchObject({ status: 'failed', error: expect.stringContaining(message) as string });
    expect(report.errors).toEqual([{ hook: 'load', name: expect.any(String) as string, message: report.setup.error }]);
    expect(report.steps).toEqual(UNTOUCHED);
    expect(report.capabilities).toEqual({ methods: [], jobs: [], scheduled_tasks: [] });
    expect(report.isGood).toBe(false);
  });

  it('is not reached by a plugin.json that cannot be read', async () => {
    const { setup, errors } = await bench({ 'plugin.json': '{', 'index.js': '' });

    expect(setup.status).toBe('failed');
    expect(errors).toMatchObject([
      { hook: 'load', message: expect.stringContaining('Can not load plugin.json') as string },
    ]);
  });
});

describe('the config', () => {
  const manifest = JSON.stringify({
    name: 'Configured',
    main: 'src/main.ts',
    config: [
      { markdown: 'Fill this in' },
      { key: 'a', default: 'default a' },
      { key: 'b', default: 'default b' },
      { key: 'c', required: true },
      { key: 'd', type: 'choice', choices: ['x', 'y'], default: 'x' },
      { key: 'file', type: 'attachment', required: true },
    ],
  });
  const code = `export function setupPlugin({ config, attachments }) {
    const files = Object.entries(attachments).map(([key, file]) => [key, file.file_name, file.content_type, file.contents.toString()]);
    return { config, files };
  }`;
  const files = { 'plugin.json': manifest, 'src/main.ts': code };

  it('has defaults for missing keys, the scenario’s values over them, also empty ones, and no key without either', async () => {
    const { steps, plugin, logs } = await bench(files, {
      config: { a: '', d: 'z', extra: 1 },
      steps: [{ setup: true }],
    });

    expect(steps[0]?.output).toEqual({ config: { a: '', b: 'default b', d: 'z', extra: 1 }, files: [] });
    expect(plugin).toEqual({ name: 'Configured', main: 'src/main.ts' });
    expect(logs.slice(0, -1)).toEqual(
      ['"c" is required', '"d" is "z"; plugin.json allows x, y', '"file" is required'].map((part) => ({
        source: 'SYSTEM',
        type: 'WARN',
        message: expect.stringContaining(part) as string,
      })),
    );
  });

  it('comes with attachments from a path, a text or base64', async () => {
    const report = await bench(
      { ...files, 'data/list.csv': 'from a file' },
      {
        config: { c: '1' },
        attachments: {
          file: { path: 'data/list.csv' },
          text: { file_name: 'a.txt', content_type: 'text/x', text: 'from text' },
          base64: { base64: Buffer.from('from base64').toString('base64') },
        },
        steps: [{ setup: true }],
      },
    );

    expect(report.steps[0]?.output).toMatchObject({
      files: [
        ['file', 'list.csv', 'application/octet-stream', 'from a file'],
        ['text', 'a.txt', 'text/x', 'from text'],
        ['base64', 'base64', 'application/octet-stream', 'from base64'],
      ],
    });
    expect(said(report, 'SYSTEM')).toEqual(['Plugin loaded (instance ID test).']);
  });

  it.each([
    ['attachments.file.path', { attachments: { file: { path: 'nowhere.csv' } } }],
    ['geoip', { geoip: 'nowhere.mmdb' }],
    ['plugins[0].path', { plugins: ['../nowhere'] }],
  ])('is refused when there is nothing at %s', async (path, scenario) => {
    await expect(bench(files, scenario)).rejects.toThrow(`${path}: there is no /`);
  });
});

describe('teardownPlugin', () => {
  it('runs when a step says so', async () => {
    const code = `export const teardownPlugin = () => 'gone';`;

    expect((await bench(code, { steps: [{ teardown: true }] })).steps).toEqual([{ output: 'gone' }]);
  });
});

describe('the time limit', () => {
  it('is of each hook, in real time: what is over it is an error, and the event goes on as it was returned last', async () => {
    const code = `export function processEvent(event) {
        event.properties.kept = true;
        if (event.event === 'loop') while (true);
        return new Promise(() => {});
      }
      export function runEveryMinute() { return new Promise(() => {}); }
      export const jobs = { slow: () => new Promise(() => {}) };`;

    const report = await bench(code, {
      timeout_seconds: 0.5,
      steps: [{ event: EVENT }, { call: 'runEveryMinute' }, { job: 'slow' }, { event: { ...EVENT, event: 'loop' } }],
    });

    expect(report.steps[0]?.output).toMatchObject({
      properties: { kept: true, $plugins_failed: ['Test plugin (39)'] },
    });
    expect(report.steps[1]).toEqual({ output: null, error: 'runEveryMinute timed out after 0.5 s' });
    expect(report.errors).toEqual([
      { hook: 'processEvent', name: 'TimeoutError', message: 'processEvent timed out after 0.5 s' },
      { hook: 'runEveryMinute', name: 'TimeoutError', message: 'runEveryMinute timed out after 0.5 s' },
      { hook: 'job slow', name: 'TimeoutError', message: 'job slow timed out after 0.5 s' },
      { hook: 'processEvent', name: 'TimeoutError', message: 'processEvent timed out after 0.5 s' },
    ]);
    expect(report.steps[3]?.output).toMatchObject({
      event: 'loop',
      properties: { $plugins_failed: ['Test plugin (39)'] },
    });
  });
});
