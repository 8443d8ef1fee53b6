import { afterAll, expect, test } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf } from '../../support/plugin-host.ts';
import { WALK } from '../../support/plugin-walk.ts';

const host = createTestHost({ hookTimeoutSeconds: 20, heapMegabytes: 256 });
afterAll(() => host.stop());

/** Writes to everything that it finds, except what is the plugin's own: ECMAScript's built-ins of its realm, the event, `meta.global`. */
const SPOIL = `
  ${WALK}
  const { ownKeys, set, defineProperty, deleteProperty, setPrototypeOf } = Reflect;
  exports.processEvent = async (event, meta) => {
    const own = new Set(walkOwn().keys());
    for (const value of [event, event.properties, event.properties.list, meta, meta.global, globalThis, exports, module]) own.add(value);
    let spoiled = 0;
    for (const [value, path] of await walkWorld(meta, event)) {
      if (own.has(value)) continue;
      let keys = []; try { keys = ownKeys(value); } catch {}
      try { set(value, 'leaked', 'evil'); } catch {}
      try { defineProperty(value, 'leaked', { value: 'evil', configurable: true }); } catch {}
      for (const key of keys.slice(0, 500)) {
        if (ArrayBuffer.isView(value)) break;
        try { set(value, key, 'evil'); } catch {}
        try { defineProperty(value, key, { value: 'evil' }); } catch {}
        try { defineProperty(value, key, { get: () => 'evil' }); } catch {}
        try { deleteProperty(value, key); } catch {}
      }
      try { setPrototypeOf(value, { leaked: 'evil' }); } catch {}
      spoiled++;
    }
    event.properties.spoiled = spoiled;
    return event;
  };`;

/** Looks for traces of that, and whether everything works. */
const LOOK = `
  ${WALK}
  // Node has every emitter write this switch, so it cannot be closed; it says what becomes of rejected listeners.
  const known = ['Symbol(kCapture)'];
  exports.processEvent = async (event, meta) => {
    const traces = [];
    for (const [value, path] of await walkWorld(meta, event)) {
      if (value === event.properties) continue;
      for (const key of Reflect.ownKeys(value).slice(0, 500)) {
        let found; try { found = Object.getOwnPropertyDescriptor(value, key).value; } catch {}
        if ((found === 'evil' && !known.includes(String(key))) || key === 'leaked') traces.push(path + '.' + String(key));
      }
    }
    const { createHash, webcrypto, randomBytes } = require('crypto');
    const { gzipSync, gunzipSync } = require('zlib');
    const response = await fetch('data:application/json,{"list":[1]}');
    let failed; try { await fetch('none'); } catch (error) { failed = error.name + (error instanceof Error); }
    await meta.cache.set('kept', { list: [1] });
    event.properties.works = [
      createHash('sha256').update('x').digest('hex').slice(0, 4), typeof webcrypto.subtle.digest, randomBytes(2).length, gunzipSync(gzipSync('zip')).toString(),
      URL.canParse('http://x'), new URL('http://x/?a=b').searchParams.get('a'), typeof require('url').parse, Buffer.concat([Buffer.from('a'), Buffer.from('b')]).toString(),
      (await meta.cache.get('kept')).list.length, (await response.json()).list.map(String).join(), response.headers.get('content-type'), failed, new RetryError('r').name,
      event.hasOwnProperty.call(event, 'uuid'), [...event.properties.list].map(String).concat(event.properties.list.slice(1)).join(), JSON.stringify(event.properties.list),
    ].join(' ');
    event.properties.traces = traces;
    return event;
  };`;
const WORKS = '2d71 function 2 zip true b function ab 1 1 application/json TypeErrortrue RetryError true 1,2,2 [1,2]';

test('whatever a plugin writes to, other plugins and the host find everything as it was', async () => {
  await host.use(pluginOf(1, SPOIL), pluginOf(2, LOOK));
  const before = host.processId();

  const results = [
    await host.runEvents([eventOf({ properties: { list: [1, 2] } })]),
    await host.runEvents([eventOf({ properties: { list: [1, 2] } })]),
  ];

  const properties = results.flatMap(eventsOf).map((event) => event.properties ?? {});
  expect(properties).toHaveLength(2);
  for (const { spoiled, traces, works } of properties) {
    expect(spoiled).toBeGreaterThan(500);
    expect(traces).toEqual([]);
    expect(works).toBe(WORKS);
  }
  expect(results.flatMap(({ errors }) => errors)).toEqual([]);
  expect(host.processId()).toBe(before);
});
