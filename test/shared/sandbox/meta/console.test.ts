import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

test.each(['debug', 'log', 'info', 'warn', 'error'])('console.%s writes a line of its level', async (method) => {
  const { batch, plugin } = await run(`console.${method}('text', 1)`);

  expect(batch.logs).toMatchObject([{ plugin, level: method.toUpperCase(), message: 'text 1' }]);
});

test.each([
  ['nothing as an empty line', ``, ''],
  ['text, numbers and null as they are', `'a', 1, true, null, undefined, 10n`, 'a 1 true null undefined 10'],
  ['objects and arrays as JSON', `{ a: [1, { b: null }] }, [1, 'x']`, '{"a":[1,{"b":null}]} [1,"x"]'],
  ['objects of a class as JSON', `new (class A { x = 1 })()`, '{"x":1}'],
  ['errors without their stack', `new Error('bad'), new TypeError('worse')`, 'Error: bad TypeError: worse'],
  ['maps and sets by their kind', `new Map([[1, 2]]), new Set()`, '[object Map] [object Set]'],
  ['symbols, functions and dates as text', `Symbol('s'), (a) => a, new Date(NaN)`, 'Symbol(s) (a) => a Invalid Date'],
  ['text that looks like an object as it is', `'[object Object]'`, '[object Object]'],
])('console writes %s', async (_, values, message) => {
  const { batch } = await run(`console.log(${values})`);

  expect(batch.logs).toMatchObject([{ message }]);
});

test('console gives a promise', async () => {
  const { result } = await run(`return [console.log('x') instanceof Promise, typeof (await console.log('y'))]`);

  expect(result).toEqual([true, 'undefined']);
});

test.each([
  ['a circular object', `const a = {}; a.a = a;`, 'TypeError: Converting circular structure to JSON'],
  [
    'an object without a prototype',
    `const a = Object.create(null);`,
    'TypeError: Cannot convert object to primitive value',
  ],
])('console rejects %s, and writes the line as far as it can', async (_, make, message) => {
  const { result, batch } = await run(`${make} return console.log('before', a, 'after')`);

  expect(result).toContain(message);
  expect(batch.logs).toMatchObject([{ message: 'before [unprintable] after' }]);
});
