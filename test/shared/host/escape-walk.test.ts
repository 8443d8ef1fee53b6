import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../support/plugin-calls.ts';
import { WALK } from '../../support/plugin-walk.ts';

const { host, run } = createPluginCalls({ hookTimeoutSeconds: 20 });
afterAll(() => host.stop());

/** What somebody would do who has found the host's world: each says how far it got. */
const HARMS: [name: string, body: string, outcome: RegExp][] = [
  ['read the environment', `return JSON.stringify(process.env);`, /^\{\}$/],
  ['read a file', `return load('fs').readFileSync('/etc/passwd', 'utf8');`, /^ERR_ACCESS_DENIED/],
  ['write a file', `return load('fs').writeFileSync('/tmp/hoglet-walk', 'x');`, /^ERR_ACCESS_DENIED/],
  ['spawn', `return load('child_process').spawnSync('/bin/true').status;`, /^ERR_ACCESS_DENIED/],
  ['start a thread', `return new (load('worker_threads').Worker)('1', { eval: true });`, /^ERR_ACCESS_DENIED/],
  ['exit', `return process.exit(1);`, /^HOGLET_CALL_REFUSED/],
  ['kill', `return process.kill(process.ppid);`, /^HOGLET_CALL_REFUSED/],
  ['bind', `return process.binding('fs');`, /^HOGLET_CALL_REFUSED/],
  [
    'connect to this host',
    `return new Promise((resolve, reject) => load('net').connect(22, '127.0.0.1', () => resolve('connected')).on('error', reject));`,
    /^EACCES/,
  ],
];

test('every function that a plugin can find leads to its own realm or to a process that owns nothing', async () => {
  await run(`return 'started'`);
  const before = host.processId();

  const { result, batch } = await run(`
    ${WALK}
    const reached = await walkWorld(meta, event);
    const worlds = new Map();
    for (const [value, path] of reached) {
      if (typeof value !== 'function') continue;
      const world = await worldOf(value);
      if (world !== undefined && !worlds.has(world)) worlds.set(world, path);
    }
    const harms = ${JSON.stringify(HARMS.map(([, body]) => body))};
    const found = [];
    for (const [world, path] of worlds) {
      if (world === globalThis) { found.push({ path, world: 'own' }); continue; }
      const outcomes = [];
      for (const body of harms) {
        try { outcomes.push(String(await world.Function('process', 'load', 'return (async () => { ' + body + ' })()')(world.process, (name) => world.process.getBuiltinModule(name)))); }
        catch (error) { outcomes.push(error.code + ': ' + error.message); }
      }
      found.push({ path, world: 'host', outcomes });
    }
    return { functions: [...reached.keys()].filter((value) => typeof value === 'function').length, found };`);

  const { functions, found } = result as { functions: number; found: { world: string; outcomes?: string[] }[] };
  expect(functions).toBeGreaterThan(500);
  expect(found.map(({ world }) => world).sort()).toEqual(['host', 'own']);
  const [outcomes = []] = found.flatMap((world) => (world.outcomes === undefined ? [] : [world.outcomes]));
  expect(outcomes).toHaveLength(HARMS.length);
  for (const [index, [, , outcome]] of HARMS.entries()) expect(outcomes[index]).toMatch(outcome);
  expect(host.processId()).toBe(before);
  expect(batch.errors).toEqual([]);
});

test('what plugins are given for their state and requests is of their own realm, to the last function', async () => {
  const { result } = await run(`
    ${WALK}
    const reached = await walkWorld({ cache, storage, utils, jobs, metrics, geoip, config, global }, {}, { cache, storage, utils, jobs, metrics, geoip, console, posthog, fetch });
    const foreign = [];
    for (const [value, path] of reached) {
      if (typeof value !== 'function') continue;
      const world = await worldOf(value);
      if (world !== undefined && world !== globalThis) foreign.push(path);
    }
    return { functions: reached.size, foreign };`);

  const { functions, foreign } = result as { functions: number; foreign: string[] };
  expect(functions).toBeGreaterThan(100);
  expect(foreign).toEqual([]);
});
