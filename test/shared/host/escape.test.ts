import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestHost, eventOf, eventsOf, pluginOf, type TestHost } from '../../support/plugin-host.ts';

/**
 * `node:vm` is no security boundary: these plugins leave their realm on purpose, through a function of the host.
 * What they find outside is a process that owns nothing.
 */
const ESCAPE = `const outer = Buffer.constructor('return globalThis')(); const process = outer.process; const load = (name) => process.getBuiltinModule(name);`;

let host: TestHost;
let metadataService: Server;
let port: number;
let connections = 0;

beforeAll(async () => {
  metadataService = createServer((_, response) => response.end('AKIAEXAMPLE')).on('connection', () => connections++);
  await new Promise<void>((resolve) => {
    metadataService.listen(0, '127.0.0.1', resolve);
  });
  port = (metadataService.address() as AddressInfo).port;
  // What the function's process has on Lambda.
  Object.assign(process.env, { AWS_SECRET_ACCESS_KEY: 'canary-secret', AWS_SESSION_TOKEN: 'canary-token' });
});
afterAll(() => metadataService.close());
afterEach(() => host.stop());

/** Runs code outside of the realm and gives what it returned, or the error it met. */
async function escaped(body: string, settings: Parameters<typeof createTestHost>[0] = {}): Promise<unknown> {
  host = createTestHost(settings);
  await host.use(
    pluginOf(
      1,
      `exports.processEvent = async (event) => {
        ${ESCAPE}
        try { event.properties.found = await (async () => { ${body} })(); }
        catch (error) { event.properties.refused = String((error.cause || error).code || error.name) + ': ' + (error.cause || error).message; }
        return event;
      };`,
    ),
  );
  const [event] = eventsOf(await host.runEvents([eventOf()]));
  return event?.properties?.['refused'] ?? event?.properties?.['found'];
}

describe('code that has escaped its realm', () => {
  it('is really outside: it can load built-in modules', async () => {
    expect(await escaped(`return load('os').platform();`)).toBe('linux');
  });

  it('finds no credential and no token in process.env', async () => {
    expect(await escaped(`return JSON.stringify(process.env);`)).toBe('{}');
  });

  it.each(['/proc/self/environ', '/proc/${process.ppid}/environ', '/etc/passwd', '/root', '/tmp', '/var/task'])(
    'cannot read %s',
    async (path) => {
      expect(await escaped(`return load('fs').readFileSync(\`${path}\`, 'utf8');`)).toMatch(/^ERR_ACCESS_DENIED/);
    },
  );

  it('finds no credential in a diagnostic report', async () => {
    expect(
      await escaped(`return JSON.stringify(process.report.getReport().environmentVariables ?? {});`),
    ).not.toContain('canary');
  });

  it('cannot write a file', async () => {
    expect(await escaped(`load('fs').writeFileSync('/tmp/hoglet-escape', 'x');`)).toMatch(/^ERR_ACCESS_DENIED/);
  });

  it.each([
    ['spawn', `load('child_process').spawnSync('/bin/true'); return 'spawned';`],
    ['fork', `load('child_process').fork('/tmp/x.js'); return 'forked';`],
    ['start a worker', `new (load('worker_threads').Worker)('1', { eval: true }); return 'started';`],
    ['open an inspector', `load('inspector').open(0); return 'opened';`],
    ['load an addon', `process.dlopen({ exports: {} }, '/tmp/x.node'); return 'loaded';`],
    ['reach native bindings', `process.binding('fs'); return 'bound';`],
    ['replace the process', `process.execve('/bin/true', ['true']); return 'replaced';`],
    ['kill its parent', `process.kill(process.ppid, 'SIGKILL'); return 'killed';`],
    ['stop its parent', `process._kill(process.ppid, 19); return 'stopped';`],
    ['end the plugin host', `process.exit(0);`],
    ['abort the plugin host', `process.abort();`],
    ['set flags of the engine', `load('v8').setFlagsFromString('--allow-natives-syntax'); return 'set';`],
    ['choose its own DNS server', `load('dns').setServers(['127.0.0.1:1']); return 'set';`],
    [
      'choose its own DNS server at the native handle',
      `return new (load('dns').Resolver)()._handle.setServers([[4, '127.0.0.1', 1]]);`,
    ],
    ['ask from an address of its choice', `return new (load('dns').Resolver)()._handle.setLocalAddress('127.0.0.1');`],
    ['slow its parent down', `load('os').setPriority(process.ppid, 19); return 'slowed';`],
    ['change the mask of new files', `process.umask(0); return 'changed';`],
    ['hook into modules', `load('module').registerHooks({}); return 'hooked';`],
    ['change modules for the host', `load('module').syncBuiltinESMExports(); return 'changed';`],
    ['watch all promises', `load('v8').promiseHooks.onInit(() => {}); return 'watched';`],
    ['give up the permission to read', `process.permission.drop('fs.read'); return 'dropped';`],
  ])('cannot %s', async (_, body) => {
    expect(await escaped(body)).toMatch(/^(ERR_ACCESS_DENIED|HOGLET_CALL_REFUSED|EACCES|ERR_INSPECTOR_NOT_AVAILABLE)/);
  });

  it('cannot open a database, which would be a file', async () => {
    expect(await escaped(`return typeof load('sqlite') + typeof load('node:sqlite');`)).toBe('undefinedundefined');
  });

  it('cannot have reports written', async () => {
    expect(await escaped(`process.report.reportOnFatalError = true; return Object.keys(process.report).join();`)).toBe(
      'getReport',
    );
  });

  it('still resolves names', async () => {
    expect(await escaped(`return (await load('dns').promises.lookup('localhost')).address;`)).toMatch(
      /^(127\.0\.0\.1|::1)$/,
    );
  });

  const connectTo = (target: string) => `
    return await new Promise((resolve, reject) => {
      const socket = load('net').connect(${target}, () => { socket.destroy(); resolve('connected'); });
      socket.on('error', reject);
    });`;
  it.each([
    ['127.0.0.1', () => `{ host: '127.0.0.1', port: ${port} }`],
    ['localhost, by name', () => `{ host: 'localhost', port: ${port} }`],
    ['127.0.0.1 written as IPv6', () => `{ host: '::ffff:127.0.0.1', port: ${port} }`],
    ['0.0.0.0, which means this host', () => `{ host: '0.0.0.0', port: ${port} }`],
    ['another loopback address', () => `{ host: '127.8.9.10', port: ${port} }`],
    ['instance metadata', () => `{ host: '169.254.169.254', port: 80 }`],
    ['the credentials of containers', () => `{ host: '169.254.170.2', port: 80 }`],
    ['the Lambda sandbox', () => `{ host: '169.254.100.1', port: 9001 }`],
    ['a private network', () => `{ host: '10.0.0.1', port: 443 }`],
    ['a UNIX socket', () => `{ path: '/var/run/docker.sock' }`],
  ])('cannot connect to %s', async (_, target) => {
    expect(await escaped(connectTo(target()))).toMatch(/^EACCES: connect EACCES/);
    expect(connections).toBe(0);
  });

  it('cannot connect past the guard with a bare native handle', async () => {
    const body = `
      const net = load('net');
      const probe = new net.Socket(); probe.on('error', () => {}); probe.connect({ host: '127.0.0.1', port: 1 });
      const TCP = Object.getPrototypeOf(probe._handle ?? {}).constructor;
      const handle = new TCP(0);
      const status = handle.connect({ oncomplete() {} }, '127.0.0.1', PORT);
      return 'status ' + status;`.replace('PORT', String(port));

    const outcome = await escaped(body);

    expect(outcome).not.toBe('status 0');
    expect(connections).toBe(0);
  });

  it('cannot take the guard off', async () => {
    const body = `
      const net = load('net');
      const handle = new net.Socket(); handle.on('error', () => {}); handle.connect({ host: '8.8.8.8', port: 9 });
      let owner = handle._handle; const tried = [];
      while (owner) { for (const name of ['connect', 'connect6']) { try { delete owner[name]; owner[name] = () => 0; tried.push(Object.hasOwn(owner, name)); } catch (error) { tried.push(error.name); } } owner = Object.getPrototypeOf(owner); }
      handle.destroy();
      ${connectTo(`{ host: '127.0.0.1', port: PORT }`)}`;

    const outcome = await escaped(body.replace('PORT', String(port)));

    expect(outcome).toMatch(/^EACCES: connect EACCES/);
    expect(connections).toBe(0);
  });

  it.each([
    ['String.prototype.replace', `outer.String.prototype.replace = () => '8.8.8.8';`],
    ['BlockList.prototype.check', `load('net').BlockList.prototype.check = () => false;`],
    [
      'Function.prototype.call',
      `const own = function (self, request, address, ...rest) { return outer.Reflect.apply(this, self, [request, '127.0.0.1', ...rest]); };
       outer.Function.prototype.call = own; outer.Reflect.apply = (f, self, list) => own.call(f, self, ...list);`,
    ],
    [
      'Array.prototype',
      `for (const name of ['some', 'slice', 'every', 'map']) outer.Array.prototype[name] = () => false;`,
    ],
    ['the iteration of lists', `outer.Array.prototype[Symbol.iterator] = function* () { yield '8.8.8.8'; };`],
    [
      'RegExp.prototype',
      `outer.RegExp.prototype.exec = () => null; outer.RegExp.prototype[Symbol.replace] = () => '8.8.8.8';`,
    ],
    ['URL', `outer.URL = class { hostname = '[2606:4700::1111]'; };`],
    ['net.isIP', `load('net').isIP = () => 6;`],
  ])('cannot deceive the guard with a changed %s', async (_, change) => {
    const outcome = await escaped(`try { ${change} } catch {} ${connectTo(`{ host: '127.0.0.1', port: ${port} }`)}`);

    expect(outcome).toMatch(/^EACCES: connect EACCES 127\.0\.0\.1/);
    expect(connections).toBe(0);
  });

  /** Ways to the network, each giving what became of an attempt. A port of 80 is not refused by fetch. */
  const ways: Record<string, (at: string, on: number) => string> = {
    fetch: (at, on) =>
      `await outer.fetch('http://${at}:${on}/', { signal: outer.AbortSignal.timeout(400) }); return 'through';`,
    net: (at, on) => settle(`load('net').connect({ host: '${at}', port: ${on} })`, 'connect'),
    http: (at, on) => settle(`load('http').get('http://${at}:${on}/')`, 'response'),
    tls: (at, on) =>
      settle(`load('tls').connect({ host: '${at}', port: ${on}, rejectUnauthorized: false })`, 'secureConnect'),
    http2: (at, on) => settle(`load('http2').connect('http://${at}:${on}')`, 'connect'),
    WebSocket: (at, on) => `
      const seen = []; load('diagnostics_channel').subscribe('undici:client:connectError', ({ error }) => seen.push(error));
      const socket = new outer.WebSocket('ws://${at}:${on}/');
      await new Promise((resolve) => { socket.onerror = socket.onopen = resolve; outer.setTimeout(resolve, 400); });
      if (seen[0]) throw seen[0]; return 'through';`,
  };
  const settle = (open: string, done: string) => `
    return await new Promise((resolve, reject) => { const opened = ${open}; opened.on('${done}', () => resolve('through')).on('error', reject); outer.setTimeout(() => resolve('no answer'), 400); });`;

  it.each(Object.entries(ways))('cannot reach this host by %s', async (_, way) => {
    expect(await escaped(way('127.0.0.1', port))).toMatch(/^EACCES: connect EACCES 127\.0\.0\.1/);
    expect(connections).toBe(0);
  });

  it.each(Object.entries(ways))(
    'is let through to a public address by %s, whatever awaits it there',
    async (_, way) => {
      const outcome = await escaped(way('192.0.2.1', 80));

      expect(outcome).toMatch(
        /through|no answer|timeout|aborted|ECONN|ENET|EHOST|ETIMEDOUT|socket|wrong version|fetch failed/i,
      );
      expect(outcome).not.toMatch(/EACCES|EPERM|HOGLET|read only/);
    },
  );

  it.each(['dgram', 'a server'])('cannot reach this host by %s', async (way) => {
    const bodies: Record<string, string> = {
      dgram: `return await new Promise((resolve, reject) => { const socket = load('dgram').createSocket('udp4'); socket.on('error', reject); socket.send('x', 53, '127.0.0.1', (error) => error ? reject(error) : resolve('sent')); });`,
      'a server': `return await new Promise((resolve, reject) => load('net').createServer().on('error', reject).listen(0, () => resolve('listening')));`,
    };

    expect(await escaped(bodies[way] as string)).toMatch(/^EACCES/);
    expect(connections).toBe(0);
  });

  it('cannot talk to its parent over the socket they share', async () => {
    expect(await escaped(`return typeof process._getActiveHandles() + 'x';`)).toMatch(/^HOGLET_CALL_REFUSED/);
    expect(
      await escaped(`const socket = new (load('net').Socket)({ fd: 3 }); socket.write('x'); return 'written';`),
    ).not.toBe('written');
  });

  it('reaches private networks when the deployment allows it, for work on a laptop', async () => {
    const body = `return (await fetch('http://127.0.0.1:${port}/')).text();`;

    expect(await escaped(body, { allowPrivateNetworks: true })).toBe('AKIAEXAMPLE');
  });
});
