import { describe, expect, test } from 'vitest';
import { until } from '../processes.ts';
import { fixtureFunction } from './fixture-function.ts';

describe('init', () => {
  test.each([
    ['a module that throws', `throw new RangeError('not today');`, 'RangeError: not today'],
    [
      'no such export',
      'export const other = 1;',
      'Runtime.HandlerNotFound: index.handler is undefined or not exported',
    ],
    [
      'a handler with a callback',
      'export const handler = (event, context, callback) => callback();',
      'Runtime.CallbackHandlerDeprecated: index.handler takes 3 parameters',
    ],
  ])('fails the invocation on %s, after a second try', async (_title, source, message) => {
    await using fixture = await fixtureFunction(`process.stdout.write('init\\n'); ${source}`);

    expect(await fixture.callAndFail()).toContain(message);
    expect(fixture.lines.filter((line) => line === 'init')).toHaveLength(2);
    await until('no environment is left', () => fixture.fn.environments().length === 0);
  });

  test('fails the invocation when there is no such file', async () => {
    await using fixture = await fixtureFunction('', { handler: 'other.handler' });

    expect(await fixture.callAndFail()).toBe(`Runtime.ImportModuleError: Cannot find module 'other'`);
  });

  test('that takes too long is ended and tried again within the invocation', async () => {
    await using fixture = await fixtureFunction(
      `import { existsSync, writeFileSync } from 'node:fs';
       const tried = existsSync('tried');
       writeFileSync('tried', '');
       if (!tried) await new Promise((r) => setTimeout(r, 60_000));
       export const handler = async () => 'second';`,
      { initLimitMilliseconds: 300 },
    );

    expect(await fixture.call()).toBe('second');
    expect(fixture.lines).toEqual([expect.stringContaining('Init timed out after 0.30 seconds')]);
  });

  test('has the function’s own timeout when it is tried again', async () => {
    await using fixture = await fixtureFunction(
      `import { existsSync, writeFileSync } from 'node:fs';
       const tried = existsSync('tried');
       writeFileSync('tried', '');
       if (!tried) throw new Error('not yet');
       await new Promise((r) => setTimeout(r, 60_000));
       export const handler = async () => {};`,
      { timeoutSeconds: 0.3 },
    );

    expect(await fixture.callAndFail()).toBe('Sandbox.Timedout: Init timed out after 0.30 seconds');
  });
});
