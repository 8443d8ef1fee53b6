import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEscapedCode } from '../../support/escaped-code.ts';

const { host, escaped } = createEscapedCode();

// What the function's process has on Lambda.
beforeAll(
  () => void Object.assign(process.env, { AWS_SECRET_ACCESS_KEY: 'canary-secret', AWS_SESSION_TOKEN: 'canary' }),
);
afterAll(() => host.stop());

describe('code that has escaped its realm', () => {
  it('is really outside: it can load built-in modules', async () => {
    expect(await escaped(`return load('os').platform();`)).toBe(process.platform);
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

  it.each([
    ['list a folder', `return load('fs').readdirSync('/');`],
    ['learn whether a file exists', `return load('fs').existsSync('/etc/passwd');`],
    ['watch a folder', `load('fs').watch('/etc', () => {}); return 'watching';`],
    ['reach its own descriptors as files', `load('fs').openSync('/proc/self/fd/3', 'r+'); return 'opened';`],
    ['write a file', `load('fs').writeFileSync('/tmp/hoglet-escape', 'x'); return 'written';`],
    ['make a link', `load('fs').symlinkSync('/etc/passwd', '/tmp/hoglet-escape'); return 'linked';`],
    ['have a trace written', `load('trace_events').createTracing({ categories: ['v8'] }).enable(); return 'traced';`],
    [
      'open folders for WebAssembly',
      `new (load('wasi').WASI)({ version: 'preview1', preopens: { '/': '/' } }); return 'open';`,
    ],
    ['spawn', `load('child_process').spawnSync('/bin/true'); return 'spawned';`],
    [
      'spawn by the bare native handle',
      `const handle = new (load('child_process').ChildProcess)()._handle; return 'spawned ' + handle.spawn('/bin/true', ['true'], '/', [], [{ type: 'ignore' }], 0, undefined, undefined);`,
    ],
    ['fork', `load('child_process').fork('/tmp/x.js'); return 'forked';`],
    ['start a worker', `new (load('worker_threads').Worker)('1', { eval: true }); return 'started';`],
    ['open an inspector', `load('inspector').open(0); return 'opened';`],
    ['inspect itself', `new (load('inspector').Session)().connect(); return 'connected';`],
    ['replace the process', `process.execve('/bin/true', ['true']); return 'replaced';`],
    ['kill its parent', `process.kill(process.ppid, 'SIGKILL'); return 'killed';`],
    ['stop its parent', `process._kill(process.ppid, 19); return 'stopped';`],
    ['end the plugin host', `process.exit(0);`],
    ['end the plugin host at once', `process.reallyExit(0);`],
    ['abort the plugin host', `process.abort();`],
    ['set flags of the engine', `load('v8').setFlagsFromString('--allow-natives-syntax'); return 'set';`],
    ['slow its parent down', `load('os').setPriority(process.ppid, 19); return 'slowed';`],
    ['change the mask of new files', `process.umask(0); return 'changed';`],
    ['hook into modules', `load('module').registerHooks({}); return 'hooked';`],
    ['change modules for the host', `load('module').syncBuiltinESMExports(); return 'changed';`],
    ['watch all promises', `load('v8').promiseHooks.onInit(() => {}); return 'watched';`],
    ['give up the permission to read', `process.permission.drop('fs.read'); return 'dropped';`],
    ['load an engine of OpenSSL', `load('crypto').setEngine('/tmp/x.so'); return 'loaded';`],
  ])('cannot %s', async (_, body) => {
    expect(await escaped(body)).toMatch(/^(ERR_ACCESS_DENIED|HOGLET_CALL_REFUSED|ERR_INSPECTOR_NOT_AVAILABLE)/);
  });

  it('cannot open a database, which would be a file', async () => {
    expect(await escaped(`return typeof load('sqlite') + typeof load('node:sqlite');`)).toBe('undefinedundefined');
  });

  it('finds no credential in a diagnostic report, and cannot have one written', async () => {
    expect(await escaped(`return JSON.stringify(process.report.getReport());`)).not.toContain('canary');
    expect(await escaped(`process.report.reportOnFatalError = true; return Object.keys(process.report).join();`)).toBe(
      'getReport',
    );
  });

  it('cannot open the socket to its parent, or find it among the handles', async () => {
    expect(await escaped(`return typeof process._getActiveHandles();`)).toMatch(/^HOGLET_CALL_REFUSED/);
    expect(
      await escaped(`const socket = new (load('net').Socket)({ fd: 3 }); socket.write('x'); return 'written';`),
    ).not.toBe('written');
  });

  it('leaves all of that to the process it was in', async () => {
    const before = host.processId();

    await escaped(`return 1;`);

    expect(host.processId()).toBe(before);
  });
});
