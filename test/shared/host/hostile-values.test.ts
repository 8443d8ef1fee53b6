import { afterAll, afterEach, expect, test } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf } from '../../support/plugin-host.ts';

/** Values that lie, bite or loop when the host reads them. They belong to the first plugin; the second one and the host see nothing of it. */
const host = createTestHost({ hookTimeoutSeconds: 10 });
afterAll(() => host.stop());

let lastId = 0;
let process: number | null = null;
afterEach(() => {
  // None of it ended the child.
  expect([null, host.processId()]).toContain(process);
  process = host.processId();
});

/** Runs an event through a plugin with this body and one that is honest; gives the event, and the first plugin's errors. */
async function runHostile(body: string) {
  const [hostile, honest] = [++lastId, ++lastId];
  await host.use(
    pluginOf(
      hostile,
      `exports.processEvent = async (event, meta) => { const { cache, storage, utils, jobs, metrics, geoip } = meta; ${body} };`,
    ),
    pluginOf(
      honest,
      `exports.processEvent = (event) => { event.properties = { ...event.properties, honest: typeof event.team_id + typeof ({}).leaked }; return event; };`,
    ),
  );
  const batch = await host.runEvents([eventOf(), eventOf({ event: 'next' })]);
  const events = eventsOf(batch);
  expect(events.map(({ event }) => event).at(-1)).toBe('next');
  return {
    event: events[0],
    batch,
    errors: batch.errors.filter(({ plugin }) => plugin === hostile).map(({ last }) => last),
    others: batch.errors.filter(({ plugin }) => plugin !== hostile),
  };
}

test.each([
  [
    'a getter that changes team_id',
    `let reads = 0; Object.defineProperty(event, 'team_id', { get: () => (reads++ < 2 ? 1 : 2), enumerable: true }); return event`,
  ],
  [
    'a proxy that changes team_id',
    `let reads = 0; return new Proxy(event, { get: (target, key) => key === 'team_id' && reads++ > 1 ? 2 : target[key] })`,
  ],
  [
    'toJSON that changes team_id',
    `event.toJSON = function () { return { ...this, toJSON: undefined, team_id: 2 } }; return event`,
  ],
  [
    'toJSON of a property',
    `event.properties.evil = { toJSON() { event.team_id = 2; return 'written'; } }; return event`,
  ],
  [
    'toJSON on the prototype of a new event',
    `return Object.assign(Object.create({ toJSON() { return { ...event, team_id: 2 }; } }), event)`,
  ],
  [
    'a team_id that is an object',
    `event.team_id = { valueOf: () => 1, toJSON: () => 2, [Symbol.toPrimitive]: () => 1 }; return event`,
  ],
  [
    'a then that gives another event',
    `return { then(resolve) { resolve({ ...event, team_id: 2 }); resolve({ ...event, team_id: 3 }); throw new Error('late'); } }`,
  ],
  [
    'a then that changes',
    `let reads = 0; return { get then() { return reads++ ? (resolve) => resolve({ ...event, team_id: 2 }) : (resolve) => resolve(event); } }`,
  ],
])('an event with %s stays in its project', async (_, body) => {
  const { event } = await runHostile(body);

  expect(event?.team_id).toBe(1);
});

test.each([
  [
    'traps that throw',
    `return new Proxy(event, { ownKeys() { throw new RangeError('keys'); }, get() { throw new RangeError('get'); }, has() { throw new RangeError('has'); } })`,
  ],
  ['a then that throws', `return { get then() { throw new RangeError('then'); } }`],
  [
    'an error whose every property bites',
    `throw new Proxy(new Error('x'), { get() { throw new RangeError('bite'); }, getPrototypeOf() { throw new RangeError('bite'); } })`,
  ],
  [
    'an error whose texts are endless',
    `throw { name: 'x'.repeat(1e6), message: 'y'.repeat(1e6), stack: 'z'.repeat(1e6) }`,
  ],
  ['a revoked proxy', `const { proxy, revoke } = Proxy.revocable(event, {}); revoke(); return proxy`],
])('%s is a failure of its plugin alone', async (_, body) => {
  const { event, errors, others } = await runHostile(body);

  expect(event).toMatchObject({ team_id: 1, properties: { honest: 'numberundefined' } });
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message.length).toBeLessThan(5000);
  expect(others).toEqual([]);
});

/** Arguments to functions of the host; each call gives what it says to the plugin. */
const BITING = `{ toString() { throw new RangeError('bites'); }, toJSON() { throw new RangeError('bites'); }, valueOf() { throw new RangeError('bites'); }, [Symbol.toPrimitive]() { throw new RangeError('bites'); } }`;
test.each([
  ['cache.set, a value', `cache.set('k', ${BITING})`],
  ['cache.set, a key', `cache.set(${BITING}, 1)`],
  ['cache.get', `cache.get(${BITING})`],
  ['cache.lpush', `cache.lpush('list', [${BITING}])`],
  ['storage.set', `storage.set('k', ${BITING})`],
  ['posthog.capture', `posthog.capture('e', ${BITING})`],
  ['posthog.api', `posthog.api.get(${BITING}, { projectApiKey: 'a', personalApiKey: 'b' })`],
  ['jobs', `jobs.x(${BITING}).runNow()`],
  ['console.log', `console.log(${BITING})`],
  ['fetch, an address', `fetch(${BITING})`],
  ['fetch, a header', `fetch('data:,x', { headers: { a: ${BITING} } })`],
  ['fetch, a body', `fetch('data:,x', { method: 'POST', body: ${BITING} })`],
])('an argument that bites is an error in the plugin that gave it: %s', async (_, call) => {
  const { event, errors, others } = await runHostile(`
    try { await ${call}; event.properties.said = 'nothing'; }
    catch (error) { event.properties.said = error instanceof Error || String(error); }
    return event;`);

  expect([true, 'nothing', 'not tried']).toContain(event?.properties?.['said']);
  expect(errors.concat(others.map(({ last }) => last)).filter(({ name }) => name !== 'RangeError')).toEqual([]);
});

test('a toJSON that runs in the host’s call finds no way to change what others store', async () => {
  const { event } = await runHostile(`
    await cache.set('a', { toJSON() { cache.set('b', 'inner'); return { written: [1] }; } });
    event.properties.kept = [await cache.get('a'), await cache.get('b')];
    return event;`);

  expect(event?.properties?.['kept']).toEqual([{ written: [1] }, 'inner']);
});

test('a list that claims to be endless is not read for ever', async () => {
  const { event, others } = await runHostile(`
    const endless = new Proxy([], { get: (target, key) => key === 'length' ? 4294967295 : target[key] });
    event.properties.said = [];
    for (const call of [() => cache.lpush('endless', { length: 4294967295 }), () => fetch('data:,x', { headers: [{ length: 4294967295 }] })])
      try { await call(); event.properties.said.push('nothing'); } catch (error) { event.properties.said.push(error.name); }
    event.properties.sparse = Object.assign([], { length: 10 });
    return event;`);

  expect(event?.properties?.['said']).toHaveLength(2);
  expect(others).toEqual([]);
});

test('a body and headers that change after the call are sent as they were', async () => {
  const { event } = await runHostile(`
    const headers = { a: '1' }; const init = { method: 'post', headers, body: Buffer.from('first') };
    const request = new fetch.Request('http://x.test/', init);
    headers.a = '2'; init.body.write('later'); init.method = 'put';
    event.properties.found = [request.method, request.headers.get('a')];
    request.headers.set('a', '3');
    return event;`);

  expect(event?.properties?.['found']).toEqual(['POST', '1']);
});
