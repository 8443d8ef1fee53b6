import { describe, expect, it } from 'vitest';
import type { LoadOutcome } from '../../../shared/plugins/try-load.ts';
import { startEchoServer } from '../../support/echo-server.ts';
import { createPluginTrial } from '../../support/plugin-trial.ts';

const tryLoad = createPluginTrial();
const load = (code: string) => tryLoad({ name: 'Tried', code });

function errorOf(outcome: LoadOutcome) {
  return 'error' in outcome ? outcome.error : expect.unreachable('it was loaded');
}

describe('a plugin that is tried', () => {
  it('says what it can do and measures', async () => {
    const code = `
      exports.setupPlugin = () => {};
      exports.processEvent = (event) => event;
      exports.jobs = { again() {} };
      exports.runEveryHour = () => {};
      exports.metrics = { sent: 'sum' };`;

    expect(await load(code)).toEqual({
      capabilities: { methods: ['setupPlugin', 'processEvent'], jobs: ['again'], scheduledTasks: ['runEveryHour'] },
      metrics: { sent: 'sum' },
    });
  });

  it('is not set up: there is no configuration yet', async () => {
    const code = 'exports.setupPlugin = ({ config }) => { throw new Error(`no ${config.key}`) }';

    expect(await load(code)).toMatchObject({ capabilities: { methods: ['setupPlugin'] } });
  });

  it('may have no code at all', async () => {
    expect(await load('')).toEqual({ capabilities: { methods: [], jobs: [], scheduledTasks: [] }, metrics: {} });
  });

  it('and throws is refused, with what it threw', async () => {
    const { name, message } = errorOf(await load('throw new TypeError("no such thing")'));

    expect([name, message]).toEqual(['TypeError', 'no such thing']);
  });

  it('and imports what is not provided is refused, with what is', async () => {
    expect(errorOf(await load('require("left-pad")')).message).toContain("Cannot import 'left-pad'!");
  });

  it('and uses a library has it', async () => {
    expect(await load('const { Pool } = require("pg"); exports.onEvent = Pool')).toMatchObject({
      capabilities: { methods: ['onEvent'] },
    });
  });

  it.each([
    ['loops', 'while (true) {}', /^Error: Script execution timed out/],
    ['loops in microtasks', '(async () => { while (true) await 0 })()', /^TimeoutError: Script execution timed out/],
    [
      'fills memory',
      'const all = []; while (true) all.push(new Array(1000).fill(all.length))',
      /^OutOfMemoryError: .* more memory/,
    ],
  ])('and %s for ever is ended, and refused', async (_, code, expected) => {
    const { name, message } = errorOf(await load(code));

    expect(`${name}: ${message}`).toMatch(expected);
  });

  it('connects nowhere, and captures nothing', async () => {
    const server = await startEchoServer();
    const code = `fetch('${server.origin}/stolen').catch(() => {}); posthog.capture('tried'); exports.onEvent = () => {}`;

    const outcome = await createPluginTrial({ allowPrivateNetworks: true })({ name: 'Tried', code });
    const { seen } = server;
    await server.close();

    expect(outcome).toMatchObject({ capabilities: { methods: ['onEvent'] } });
    expect(seen).toEqual([]);
  });

  it('leaves nothing behind for the next one', async () => {
    await load('Object.prototype.stolen = 1; globalThis.left = 1; exports.a = 1');

    expect(await load('if (globalThis.left || ({}).stolen) throw new Error("something was left")')).toHaveProperty(
      'capabilities',
    );
  });
});

it('a child that cannot be started is nobody’s fault but the machine’s', async () => {
  const broken = createPluginTrial({ entry: 'shared/sandbox/nowhere.ts' });

  await expect(broken({ name: 'Tried', code: '' })).rejects.toThrow('exit code 1');
});
