import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCloud } from '../../support/library-servers.ts';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

let host: TestHost;
let cloud: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  cloud = await startCloud(150);
});
afterEach(() => host.stop());
afterAll(() => cloud.close());

const SETTINGS = { allowPrivateNetworks: true, hookTimeoutSeconds: 5, heapMegabytes: 300 };
const CLIENT = `new (require('aws-sdk').S3)({ accessKeyId: 'a', secretAccessKey: 'b', region: 'r', s3ForcePathStyle: true, endpoint: 'http://127.0.0.1:' + meta.config.port })`;

/** A plugin that leaves what its body returns in the event, under its id. */
function plugin(id: number, body: string) {
  const code = `exports.processEvent = async (event, meta) => { event.properties['found' + ${id}] = await (async () => { ${body} })(); return event; };`;
  return pluginOf(id, code, { port: cloud.port });
}

async function propertiesOf(...bodies: string[]) {
  host = createTestHost(SETTINGS);
  const loads = await host.use(...bodies.map((body, index) => plugin(index + 1, body)));
  expect(loads.map(({ error }) => error)).toEqual(bodies.map(() => undefined));
  const result = await host.runEvents([eventOf({ properties: {} })]);
  expect(result.errors).toEqual([]);
  return eventsOf(result)[0]?.properties;
}

/** Sends a request; what Node has made for it is `stream` then. */
const SEND = `const request = ${CLIENT}.putObject({ Bucket: 'b', Key: 'k', Body: 'secret of ' + id }); await request.promise(); const { stream } = request.httpRequest;`;

describe('what a plugin changes on a library', () => {
  it.each([
    [
      'its functions',
      `require('jsonwebtoken').sign = () => 'mine'; require('jsonwebtoken').JsonWebTokenError.prototype.leaked = 1;`,
    ],
    [
      'its classes',
      `require('aws-sdk').S3.prototype.putObject = () => 'mine'; require('aws-sdk').Service.prototype.leaked = 1;`,
    ],
    [
      'built-ins it uses',
      `Array.prototype.map = () => 'mine'; Object.prototype.leaked = 1; JSON.stringify = () => 'mine';`,
    ],
    [
      'classes of Node it inherits from',
      `const pool = require('generic-pool').createPool({ create: async () => 1, destroy() {} });
       for (let proto = pool; proto; proto = Object.getPrototypeOf(proto)) { try { proto.leaked = 1; proto.on = proto.emit = () => 'mine'; } catch {} }`,
    ],
  ])('is its own: %s', async (_, change) => {
    const look = `const pool = require('generic-pool').createPool({ create: async () => 1, destroy() {} });
      return [require('jsonwebtoken').sign({}, 's').length > 10, typeof require('aws-sdk').S3.prototype.putObject, typeof pool.on(  'x', () => {}).emit, [1].map((x) => x)[0],
        [new (require('jsonwebtoken').JsonWebTokenError)(''), new (require('aws-sdk').S3)({ region: 'r' }), pool, {}].map((one) => typeof one.leaked).join()];`;

    expect(await propertiesOf(`try { ${change} } catch {}`, look)).toMatchObject({
      found2: [true, 'undefined', 'function', 1, 'undefined,undefined,undefined,undefined'],
    });
  });

  it('does not let it listen to the requests of another, nor reach their connections', async () => {
    const spy = `const id = 1; ${SEND}
      const heard = meta.global.heard = []; const agent = stream.agent; agent.mine = 1;
      const listen = (name) => function (...given) { heard.push(name + given.map(String).join()); };
      const reached = [stream, agent, stream.socket, stream.res].filter(Boolean);
      for (const one of reached) for (let proto = Object.getPrototypeOf(one); proto; proto = Object.getPrototypeOf(proto))
        for (const name of ['write', 'end', 'emit', 'on', 'addRequest', 'createConnection', '_send', 'connect', 'pipe'])
          try { proto[name] = listen(name); } catch {}
      for (const one of reached) try { one.constructor.prototype.leaked = 1; one.constructor.defaultMaxSockets = 0; } catch {}
      return reached.map((one) => one.constructor.name).join();`;
    const victim = `const id = 2; ${SEND} return [typeof stream.agent.mine, stream.agent.constructor.name];`;
    host = createTestHost(SETTINGS);
    const ears = pluginOf(
      1,
      `exports.processEvent = async (event, meta) => { if (meta.global.heard) event.properties.heard = meta.global.heard; else event.properties.reached = await (async () => { ${spy} })(); return event; };`,
      { port: cloud.port },
    );
    await host.use(ears, plugin(2, victim));

    const first = await host.runEvents([eventOf({ properties: {} })]);
    const result = await host.runEvents([eventOf({ properties: {} })]);

    expect(eventsOf(first)[0]?.properties?.['reached']).toMatch(/^ClientRequest,Agent,Socket/);
    expect(result.errors).toEqual([]);
    expect(eventsOf(result)[0]?.properties).toMatchObject({ heard: [], found2: ['undefined', 'Agent'] });
    expect(cloud.requests.filter(({ body }) => body === 'secret of 2')).toHaveLength(2);
  });

  it('leaves timers alone, which a library of another waits by', async () => {
    const pool = `require('generic-pool').createPool({ create: async () => 1, destroy() {} }, { max: 1, evictionRunIntervalMillis: 100, acquireTimeoutMillis: 50 })`;
    const change = `const made = ${pool}; await made.acquire();
      for (const value of Object.values(made)) if (value && value.constructor && value.constructor.name === 'Timeout') { const proto = Object.getPrototypeOf(value); try { proto.unref = proto.ref = proto.refresh = () => { throw 'mine'; }; } catch {} return 'reached'; }`;
    const look = `const made = ${pool}; await made.acquire(); try { await made.acquire(); } catch (error) { return error.name; }`;

    expect(await propertiesOf(change, look)).toMatchObject({ found1: 'reached', found2: 'TimeoutError' });
  });
});

describe('a library', () => {
  it('is loaded when a plugin imports it, not before, and not for others', async () => {
    const external = `Buffer.constructor('return process')().memoryUsage().external`;
    const measure = (body: string) => `const before = ${external}; ${body}; return ${external} - before;`;

    const found = await propertiesOf(
      measure(''),
      measure(`typeof google`),
      measure(`require('faker')`),
      measure(`require('faker')`),
    );

    // Its text has 2.3 MB, and lies outside of the heap.
    expect(found?.['found1']).toBeLessThan(500_000);
    expect(found?.['found2']).toBeLessThan(500_000);
    expect(found?.['found3']).toBeGreaterThan(2_000_000);
    expect(found?.['found4']).toBeLessThan(500_000);
  });

  it('is the same at each import of a plugin, and another one for each plugin', async () => {
    const body = `require('pg').mine = (require('pg').mine || 0) + 1; return [require('pg').mine, require('pg') === require('pg')];`;

    expect(await propertiesOf(body, body)).toMatchObject({ found1: [1, true], found2: [1, true] });
  });

  it('gives the plugin none of the globals it has itself', async () => {
    const body = `require('aws-sdk'); require('snowflake-sdk');
      return ['setTimeout', 'process', 'AbortController', 'TextEncoder', 'setImmediate', 'escape', '__dirname'].filter((name) => name in globalThis);`;

    expect(await propertiesOf(body)).toMatchObject({ found1: [] });
  });

  it('is waited for when it has a request under way that the plugin did not await', async () => {
    host = createTestHost(SETTINGS);
    await host.use(plugin(1, `${CLIENT}.putObject({ Bucket: 'b', Key: 'unawaited', Body: 'x' }).send(); return 1;`));

    await host.runEvents([eventOf({ properties: {} })]);
    const after = cloud.requests.filter(({ path }) => path === '/b/unawaited').length;

    expect(after).toBe(1);
  });

  it('that fails by itself costs only the plugin that imported it', async () => {
    host = createTestHost(SETTINGS);
    const careless = `new (require('pg').Pool)({ host: '127.0.0.1', port: 1 }).connect(); return 'not awaited';`;
    await host.use(plugin(1, careless), plugin(2, `return 'well'`));

    const result = await host.runEvents([eventOf({ properties: {} })]);

    expect(eventsOf(result)[0]?.properties).toMatchObject({ found1: 'not awaited', found2: 'well' });
    expect(result.errors.filter(({ plugin: id }) => id !== 1)).toEqual([]);
  });
});
