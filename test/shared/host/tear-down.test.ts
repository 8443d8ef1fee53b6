import { expect, it } from 'vitest';
import type { PluginReport } from '../../../shared/sandbox/plugin-report.ts';
import { createTestHost, pluginOf } from '../../support/plugin-host.ts';

/** Far more than a teardown takes, far less than the time limit of a hook. */
const LIMIT_MILLISECONDS = 1500;

async function tornDown(...codes: string[]) {
  const host = createTestHost({ hookTimeoutSeconds: 20 });
  const reports: PluginReport[] = [];
  const plugins = codes.map((code, index) => pluginOf(index + 1, code));
  const chains = [{ teamId: 1, plugins: plugins.map(({ id }) => id) }];
  const onReport = async (report: PluginReport) => void reports.push(report);
  await host.install({ plugins, chains, onLoad: async () => {}, onReport }, performance.now() + 60_000);
  reports.length = 0;
  const processId = host.processId() as number;
  const before = performance.now();
  await host.tearDown(LIMIT_MILLISECONDS);
  return { host, report: reports[0], milliseconds: performance.now() - before, isGone: () => !isAlive(processId) };
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

it('at the end every plugin is torn down, what they say and set is kept, and the process is gone', async () => {
  const { host, report, milliseconds, isGone } = await tornDown(
    `exports.teardownPlugin = async ({ cache }) => { console.log('one'); await cache.set('one', 1); };`,
    `exports.teardownPlugin = ({ cache, metrics }) => { cache.set('two', 2); metrics.ends.increment(1); };
     exports.metrics = { ends: 'sum' };`,
    `exports.processEvent = (event) => event;`,
  );

  expect(Object.fromEntries(host.cache)).toEqual({ '1:one': '1', '2:two': '2' });
  expect(report).toMatchObject({
    errors: [],
    logs: [{ plugin: 1, message: 'one' }],
    metrics: [{ plugin: 2, name: 'ends', value: 1 }],
  });
  expect(isGone()).toBe(true);
  expect(milliseconds).toBeLessThan(LIMIT_MILLISECONDS);
});

it('at the end a plugin that fails or hangs in its teardown is told of, and costs the others nothing', async () => {
  const { host, report } = await tornDown(
    `exports.teardownPlugin = () => new Promise(() => {});`,
    `exports.teardownPlugin = () => { throw new TypeError('not now'); };`,
    `exports.teardownPlugin = async ({ cache }) => { await cache.set('three', 3); };`,
  );

  expect(Object.fromEntries(host.cache)).toEqual({ '3:three': '3' });
  expect(report?.errors.map(({ plugin, last }) => [plugin, last.hook, last.name]).sort()).toEqual([
    [1, 'teardownPlugin', 'TimeoutError'],
    [2, 'teardownPlugin', 'TypeError'],
  ]);
});

it('at the end a plugin that blocks is ended with its process when the time is over', async () => {
  const { isGone, milliseconds } = await tornDown(`exports.teardownPlugin = () => { while (true); };`);

  expect(isGone()).toBe(true);
  expect(milliseconds).toBeLessThan(LIMIT_MILLISECONDS + 500);
});

it('a host that has installed nothing has nothing to tear down', async () => {
  const host = createTestHost();

  await host.tearDown(LIMIT_MILLISECONDS);

  expect(host.processId()).toBeNull();
});

it('the plugin host’s process outlives a SIGTERM to its group, so that plugins can be torn down', async () => {
  const host = createTestHost();
  const reports: PluginReport[] = [];
  const plugins = [pluginOf(1, `exports.teardownPlugin = () => console.log('torn down');`)];
  const onReport = async (report: PluginReport) => void reports.push(report);
  await host.install({ plugins, chains: [], onLoad: async () => {}, onReport }, performance.now() + 60_000);

  process.kill(host.processId() as number, 'SIGTERM');
  await host.tearDown(LIMIT_MILLISECONDS);

  expect(reports.at(-1)?.logs).toMatchObject([{ message: 'torn down' }]);
});
