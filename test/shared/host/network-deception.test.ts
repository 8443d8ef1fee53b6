import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EchoServer, startEchoServer } from '../../support/echo-server.ts';
import { createEscapedCode, type EscapedCode } from '../../support/escaped-code.ts';

let code: EscapedCode = createEscapedCode();
let server: EchoServer;

beforeAll(async () => {
  server = await startEchoServer();
});
afterAll(async () => {
  await code.host.stop();
  await server.close();
});

const connect = () => `
  return await new Promise((resolve, reject) => {
    const socket = load('net').connect({ host: '127.0.0.1', port: ${server.port} }, () => { socket.destroy(); resolve('connected'); });
    socket.on('error', reject);
  });`;

/** These cannot be changed, so one child serves all of them. */
describe('the guard is not deceived by a changed', () => {
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
    ['iteration of lists', `outer.Array.prototype[Symbol.iterator] = function* () { yield '8.8.8.8'; };`],
    [
      'RegExp.prototype',
      `outer.RegExp.prototype.exec = () => null; outer.RegExp.prototype[Symbol.replace] = () => '8.8.8.8';`,
    ],
    [
      'Object.prototype',
      `outer.Object.prototype.address = '8.8.8.8'; Object.defineProperty(outer.Object.prototype, 0, { get: () => 8, configurable: true });`,
    ],
  ])('%s', async (_, change) => {
    const outcome = await code.escaped(`try { ${change} } catch {} ${connect()}`);

    expect(outcome).toMatch(/^EACCES: connect EACCES 127\.0\.0\.1/);
    expect(server.connections()).toBe(0);
  });
});

/** These can be, in the attacker's own process. */
describe('the guard stays when code changes', () => {
  afterEach(async () => {
    await code.host.stop();
    code = createEscapedCode();
  });

  it.each([
    ['URL', `outer.URL = class { hostname = '[2606:4700::1111]'; };`],
    [
      'AsyncLocalStorage',
      `load('async_hooks').AsyncLocalStorage.prototype.getStore = () => { throw new Error('no store'); };`,
    ],
    ['net.isIP', `load('net').isIP = () => 6;`],
    [
      'dns.lookup',
      `load('dns').lookup = (name, options, done) => done(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);`,
    ],
    [
      'what sockets do when they connect and end',
      `delete load('net').Socket.prototype._destroy; load('net').Socket.prototype.connect = load('net').Stream.prototype.connect;`,
    ],
    [
      'the handle’s own methods',
      `
      const probe = new (load('net').Socket)(); probe.on('error', () => {}); probe.connect({ host: '8.8.8.8', port: 9 });
      for (let owner = probe._handle; owner; owner = Object.getPrototypeOf(owner)) for (const name of ['connect', 'connect6', 'open']) { try { delete owner[name]; owner[name] = () => 0; Object.defineProperty(owner, name, { value: () => 0 }); } catch {} }
      probe.destroy();`,
    ],
  ])('%s', async (_, change) => {
    const outcome = await code.escaped(`try { ${change} } catch {} ${connect()}`);

    expect(outcome).not.toBe('connected');
    expect(outcome).toMatch(/EACCES|Maximum call stack|_destroy|no store/);
    expect(server.connections()).toBe(0);
  });

  it('or takes a bare native handle', async () => {
    const outcome = await code.escaped(`
      const probe = new (load('net').Socket)(); probe.on('error', () => {}); probe.connect({ host: '8.8.8.8', port: 9 });
      const TCP = probe._handle.constructor; probe.destroy();
      const request = { oncomplete() {} };
      return [[4, '127.0.0.1'], [6, '::1'], [6, '::ffff:127.0.0.1']].map(([version, address]) =>
        new TCP(0)[version === 4 ? 'connect' : 'connect6'](request, { toString: () => address, address }.address, ${server.port})).concat(
        new TCP(0).connect(request, { toString: () => '127.0.0.1' }, ${server.port}), new TCP(0).open(3), new TCP(0).bind('127.0.0.1', 0));`);

    // EACCES, as the system would say it.
    expect(outcome).toEqual(Array(6).fill(-13));
    expect(server.connections()).toBe(0);
  });
});
