import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EchoServer, startEchoServer } from '../../support/echo-server.ts';
import { createEscapedCode } from '../../support/escaped-code.ts';
import { createPluginCalls } from '../../support/plugin-calls.ts';

const { host, run } = createPluginCalls({ hookTimeoutSeconds: 10 });
const outside = createEscapedCode();
let server: EchoServer;

beforeAll(async () => {
  server = await startEchoServer();
});
afterAll(async () => {
  await Promise.all([host.stop(), outside.host.stop()]);
  await server.close();
});

const REFUSED = /^EACCES: connect EACCES \S+: refused, because plugins may connect to public addresses only/;

describe('fetch', () => {
  it.each([
    ['this host', '127.0.0.1'],
    ['this host by its name', 'localhost'],
    ['this host as a whole number', '2130706433'],
    ['this host in hexadecimal', '0x7f.1'],
    ['this host in octal', '0177.0.0.1'],
    ['this host in short', '127.1'],
    ['this host in digits of another script', '①②⑦.0.0.1'],
    ['this host as IPv6', '[::1]'],
    ['this host, mapped to IPv6', '[::ffff:127.0.0.1]'],
    ['this host, mapped to IPv6 in hexadecimal', '[::ffff:7f00:1]'],
    ['this host behind NAT64', '[64:ff9b::7f00:1]'],
    ['the unspecified address', '0.0.0.0'],
    ['the unspecified address of IPv6', '[::]'],
    ['instance metadata', '169.254.169.254'],
    ['instance metadata by IPv6', '[fd00:ec2::254]'],
    ['a private network', '10.0.0.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['broadcast', '255.255.255.255'],
  ])('does not reach %s', async (_, address) => {
    const { result, batch, plugin } = await run(
      `try { return (await fetch('http://${address}:${server.port}/')).status } catch (e) { return [e.name, e.type, e.code, e instanceof Error, e.message] }`,
    );

    expect(result).toEqual([
      'RefusedConnectionError',
      'refused',
      'EACCES',
      true,
      expect.stringMatching(
        /^request to http:\S+ failed, reason: connect EACCES \S+: refused, because plugins may connect to public addresses only, and this is one of this host, a private network or cloud metadata\. Use a public address;/,
      ),
    ]);
    expect(batch.refusedConnections).toMatchObject([{ plugin }]);
    expect(server.connections()).toBe(0);
  });

  it.each([
    [
      'getters that change',
      `{ get href() { return (this.read = (this.read ?? 0) + 1) > 1 ? 'http://127.0.0.1:PORT/' : 'data:,first'; } }`,
    ],
    [
      'a text that changes',
      `{ toString() { return (this.read = (this.read ?? 0) + 1) > 1 ? 'http://127.0.0.1:PORT/' : 'data:,first'; } }`,
    ],
    [
      'a URL with an href of its own',
      `Object.defineProperty(new URL('http://127.0.0.1:PORT/'), 'href', { value: 'data:,first' })`,
    ],
    [
      'a URL that says something else as a text',
      `Object.defineProperty(new URL('data:,first'), 'toString', { value: () => 'http://127.0.0.1:PORT/' })`,
    ],
  ])('reads an address once: %s', async (_, input) => {
    const { result } = await run(`return (await fetch(${input.replace('PORT', String(server.port))})).text()`);

    expect(result).toBe('first');
  });

  it('is refused at every redirect: a public host cannot send it to a private one', async () => {
    // Stands in for a public host: the first hop is answered before it comes to a connection, all others are Node's own.
    const result = await outside.escaped(`
      await fetch('data:,load');
      await outer.fetch('data:,load');
      const key = outer.Symbol.for('undici.globalDispatcher.1');
      const real = outer[key];
      const hops = [];
      outer[key] = { dispatch(options, handler) {
        hops.push(String(options.origin));
        if (options.origin !== 'http://public.example') return real.dispatch(options, handler);
        const location = 'http://127.0.0.1:${server.port}/';
        const controller = { resume() {}, pause() {}, abort() {}, paused: false, aborted: false, reason: null, rawHeaders: [] };
        if (handler.onRequestStart) { handler.onRequestStart(controller, {}); handler.onResponseStart(controller, 302, { location }, 'Found'); handler.onResponseEnd(controller, {}); }
        else { handler.onConnect(() => {}); handler.onHeaders(302, [outer.Buffer.from('location'), outer.Buffer.from(location)], () => {}, 'Found'); handler.onComplete([]); }
        return true;
      } };
      try { return ['through', (await fetch('http://public.example/')).status]; }
      catch (error) { return [error.name, ...hops]; }
      finally { outer[key] = real; }`);

    expect(result).toEqual(['RefusedConnectionError', 'http://public.example', `http://127.0.0.1:${server.port}`]);
    expect(server.connections()).toBe(0);
  });
});

describe('code that has escaped its realm', () => {
  const settle = (open: string, done: string) => `
    return await new Promise((resolve, reject) => { const opened = ${open}; opened.on('${done}', () => resolve('through')).on('error', reject); outer.setTimeout(() => resolve('no answer'), 400); });`;
  const connect = (target: string) => settle(`load('net').connect(${target})`, 'connect');

  it.each([
    ['localhost, by name', (port: number) => `{ host: 'localhost', port: ${port} }`],
    ['127.0.0.1 in hexadecimal', (port: number) => `{ host: '0x7f.1', port: ${port} }`],
    ['127.0.0.1 as a whole number', (port: number) => `{ host: '2130706433', port: ${port} }`],
    ['127.0.0.1 written as IPv6', (port: number) => `{ host: '::ffff:127.0.0.1', port: ${port} }`],
    ['0.0.0.0, which means this host', (port: number) => `{ host: '0.0.0.0', port: ${port} }`],
    ['another loopback address', (port: number) => `{ host: '127.8.9.10', port: ${port} }`],
    ['the credentials of containers', () => `{ host: '169.254.170.2', port: 80 }`],
    ['the Lambda sandbox', () => `{ host: '169.254.100.1', port: 9001 }`],
    [
      'a name whose lookup is its own',
      (port: number) =>
        `{ host: 'public.example', port: ${port}, lookup: (name, options, done) => done(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4) }`,
    ],
    [
      'a name that was public when it was looked up first',
      (port: number) => `(() => {
      const lookup = (name, options, done) => { const address = lookup.count++ ? '127.0.0.1' : '192.0.2.1'; done(null, options.all ? [{ address, family: 4 }] : address, 4); }; lookup.count = 0;
      lookup('public.example', {}, () => {});
      return { host: 'public.example', port: ${port}, lookup };
    })()`,
    ],
    [
      'a name of which one address is public',
      (port: number) =>
        `{ host: 'public.example', port: ${port}, autoSelectFamilyAttemptTimeout: 50, lookup: (name, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]) }`,
    ],
  ])('cannot connect to %s', async (_, target) => {
    expect(await outside.escaped(connect(target(server.port)))).toMatch(REFUSED);
    expect(server.connections()).toBe(0);
  });

  it('is counted when it is refused, as nobody’s when the guard cannot know whose connection it is', async () => {
    const { batch } = await outside.run(connect(`{ host: '127.0.0.1', port: ${server.port} }`));

    expect(batch.refusedConnections).toEqual([{ plugin: null, count: 1 }]);
  });

  it('cannot connect to a UNIX socket', async () => {
    expect(await outside.escaped(connect(`{ path: '/var/run/docker.sock' }`))).toMatch(/^EACCES: connect EACCES/);
  });

  /** Ways to the network, each giving what became of an attempt. A port of 80 is not refused by fetch. */
  const ways: Record<string, (at: string, on: number) => string> = {
    fetch: (at, on) =>
      `await outer.fetch('http://${at}:${on}/', { signal: outer.AbortSignal.timeout(400) }); return 'through';`,
    net: (at, on) => connect(`{ host: '${at}', port: ${on} }`),
    http: (at, on) => settle(`load('http').get('http://${at}:${on}/')`, 'response'),
    https: (at, on) => settle(`load('https').get('https://${at}:${on}/')`, 'response'),
    tls: (at, on) =>
      settle(`load('tls').connect({ host: '${at}', port: ${on}, rejectUnauthorized: false })`, 'secureConnect'),
    http2: (at, on) => settle(`load('http2').connect('http://${at}:${on}')`, 'connect'),
    WebSocket: (at, on) => `
      const seen = []; load('diagnostics_channel').subscribe('undici:client:connectError', ({ error }) => seen.push(error));
      const socket = new outer.WebSocket('ws://${at}:${on}/');
      await new Promise((resolve) => { socket.onerror = socket.onopen = resolve; outer.setTimeout(resolve, 400); });
      if (seen[0]) throw seen[0]; return 'through';`,
  };

  it.each(Object.entries(ways))('cannot reach this host by %s', async (_, way) => {
    expect(await outside.escaped(way('127.0.0.1', server.port))).toMatch(REFUSED);
    expect(server.connections()).toBe(0);
  });

  it.each(Object.entries(ways))('is let through to a public address by %s, whatever awaits it', async (_, way) => {
    const outcome = await outside.escaped(way('192.0.2.1', 80));

    expect(outcome).toMatch(
      /through|no answer|timeout|aborted|ECONN|ENET|EHOST|ETIMEDOUT|socket|wrong version|EPROTO/i,
    );
    expect(outcome).not.toMatch(/EACCES|EPERM|HOGLET|read only/);
  });

  it.each([
    [
      'send by UDP',
      `return await new Promise((resolve, reject) => { const socket = load('dgram').createSocket('udp4'); socket.on('error', reject); socket.send('x', 53, '127.0.0.1', (error) => error ? reject(error) : resolve('sent')); });`,
    ],
    [
      'open a server',
      `return await new Promise((resolve, reject) => load('net').createServer().on('error', reject).listen(0, () => resolve('listening')));`,
    ],
    ['choose its own DNS server', `load('dns').setServers(['127.0.0.1:1']); return 'set';`],
    [
      'choose its own DNS server at the native handle',
      `return new (load('dns').Resolver)()._handle.setServers([[4, '127.0.0.1', 1]]);`,
    ],
    ['ask from an address of its choice', `return new (load('dns').Resolver)()._handle.setLocalAddress('127.0.0.1');`],
  ])('cannot %s', async (_, body) => {
    expect(await outside.escaped(body)).toMatch(/^EACCES/);
  });

  it('still resolves names', async () => {
    expect(await outside.escaped(`return (await load('dns').promises.lookup('localhost')).address;`)).toMatch(
      /^(127\.0\.0\.1|::1)$/,
    );
  });
});
