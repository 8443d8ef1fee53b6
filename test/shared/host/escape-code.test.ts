import { afterAll, describe, expect, it } from 'vitest';
import { createEscapedCode } from '../../support/escaped-code.ts';
import { createPluginCalls } from '../../support/plugin-calls.ts';

const { host, run } = createPluginCalls({ hookTimeoutSeconds: 10 });
const outside = createEscapedCode();
afterAll(() => Promise.all([host.stop(), outside.host.stop()]));

describe('code that a plugin makes at run time', () => {
  it.each([
    ['eval', `eval(code)`],
    ['an indirect eval', `(0, eval)(code)`],
    ['Function', `new Function('return ' + code)()`],
    ['the constructor of a generator', `(function* () {}).constructor('return ' + code)().next().value`],
    ['the constructor of an async function', `await (async () => {}).constructor('return ' + code)()`],
  ])('%s finds nothing but the plugin’s realm', async (_, make) => {
    const { result } = await run(
      `const code = '[typeof process, typeof setTimeout, Object === globalThis.Object]'; const made = ${make}; return [...made, made instanceof Array]`,
    );

    expect(result).toEqual(['undefined', 'undefined', true, true]);
  });

  it.each([
    ['import()', `return await import('node:fs')`],
    ['import() within eval', `return await eval('import("node:fs")')`],
    ['import() within an indirect eval', `return await (0, eval)('import("node:fs")')`],
    ['import() within Function', `return await new Function('return import("node:fs")')()`],
    ['import() of data', `return await import('data:text/javascript,export default 1')`],
  ])('%s loads nothing', async (_, body) => {
    expect((await run(body)).result).toBe('TypeError: A dynamic import callback was not specified.');
  });

  it('WebAssembly can only call what the plugin could call itself', async () => {
    // (import "m" "f" (func)) (start 0)
    const { result } = await run(`
      const bytes = new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,2,7,1,1,109,1,102,0,0,8,1,0]);
      const found = []; await WebAssembly.instantiate(bytes, { m: { f() { found.push(typeof process, this === globalThis || this === undefined); } } });
      return [found, WebAssembly.Module.constructor === Function, WebAssembly.instantiate(bytes, { m: { f() {} } }).constructor === Promise];`);

    expect(result).toEqual([['undefined', true], true, true]);
  });

  it('a stack’s call sites show no function and no object of the host', async () => {
    const { result } = await run(`
      Error.prepareStackTrace = (error, sites) => sites;
      const seen = []; let depth = 0;
      const look = (sites) => { for (const site of sites) if (!String(site.getFileName()).includes('plugin-config-')) {
        depth++; for (const value of [site.getThis(), site.getFunction()]) if (value !== undefined) seen.push(String(value)); } };
      look(new Error().stack);
      [1].forEach(() => look(new Error().stack));
      cache.set('x', { toJSON() { look(new Error().stack); return 1; } });
      await fetch({ toString() { look(new Error().stack); return 'data:,x'; } });
      console.log({ toString() { look(new Error().stack); return 'x'; } });
      try { null.x; } catch (error) { look(error.stack); }
      try { require('none'); } catch (error) { if (Array.isArray(error.stack)) look(error.stack); }
      Error.prepareStackTrace = undefined;
      return [depth > 5, seen];`);

    expect(result).toEqual([true, []]);
  });
});

describe('code that has escaped its realm', () => {
  it.each([
    ['bind a native module', `process.binding('fs'); return 'bound';`],
    ['bind a linked module', `process._linkedBinding('fs'); return 'bound';`],
    ['load an addon', `process.dlopen({ exports: {} }, '/tmp/x.node'); return 'loaded';`],
    [
      'load an addon by its extension',
      `load('module')._extensions['.node']({ exports: {} }, '/tmp/x.node'); return 'loaded';`,
    ],
    [
      'load an addon by a require it makes',
      `load('module').createRequire('file:///tmp/x.js')('./x.node'); return 'loaded';`,
    ],
    ['load code from a file', `load('module').createRequire('file:///tmp/x.js')('/tmp/x.js'); return 'loaded';`],
    [
      'read by a require it makes',
      `return load('module').createRequire('file:///x.js')('node:fs').readFileSync('/etc/passwd', 'utf8');`,
    ],
    [
      'get the engine’s flags by a require it makes',
      `return load('module').createRequire('file:///x.js')('v8').setFlagsFromString('--no-opt');`,
    ],
    ['compile code of its own file', `return load('module')._load('/etc/passwd');`],
  ])('cannot %s', async (_, body) => {
    expect(await outside.escaped(body)).toMatch(/^(ERR_ACCESS_DENIED|HOGLET_CALL_REFUSED|MODULE_NOT_FOUND)/);
  });

  it.each([
    ['eval', `await outer.eval('import("node:fs")')`],
    ['Function', `await outer.Function('return import("node:fs")')()`],
  ])('cannot import by %s', async (_, make) => {
    expect(await outside.escaped(`return Object.keys(${make}).length;`)).toMatch(/dynamic import callback/);
  });

  /** A script that is given Node's own loader. */
  const imported = (name: string) =>
    `(await new (load('vm').Script)('import(' + ${JSON.stringify(JSON.stringify(name))} + ')', { importModuleDynamically: load('vm').constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }).runInThisContext())`;
  it.each([
    ['end the process', `${imported('node:process')}.exit(0)`],
    ['signal', `${imported('node:process')}.kill(process.ppid, 'SIGKILL')`],
    ['set flags of the engine', `${imported('node:v8')}.setFlagsFromString('--no-opt')`],
    ['slow its parent down', `${imported('node:os')}.setPriority(process.ppid, 19)`],
    ['hook into modules', `${imported('node:module')}.registerHooks({})`],
    ['load an engine', `${imported('node:crypto')}.setEngine('/tmp/x.so')`],
    ['read a file', `${imported('node:fs')}.readFileSync('/etc/passwd')`],
    ['import a file', imported('file:///etc/passwd')],
    [
      'import code',
      imported(`data:text/javascript,import fs from 'node:fs'; export default fs.readFileSync('/etc/passwd')`),
    ],
  ])('cannot %s by what Node’s loader imports', async (_, call) => {
    expect(await outside.escaped(`${call}; return 'done';`)).toMatch(/^(ERR_ACCESS_DENIED|HOGLET_CALL_REFUSED|ERR_)/);
  });

  it('cannot watch the host’s stacks, whose errors take no handler', async () => {
    const { result, batch } = await outside.run(`
      const before = outer.Error.prepareStackTrace;
      try { outer.Error.prepareStackTrace = (error, sites) => sites; } catch {}
      try { outer.Error.captureStackTrace = () => {}; } catch {}
      try { outer.Error.stackTraceLimit = 0; } catch {}
      return [typeof new outer.Error('x').stack, outer.Error.prepareStackTrace === before, typeof new (load('vm').Script)('new Error().stack').runInThisContext()];`);

    expect(result).toEqual(['string', true, 'string']);
    expect(batch.errors).toEqual([]);
  });
});
