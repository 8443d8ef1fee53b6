import { expect, test } from 'vitest';
import { defaultConfig, parseManifest } from '../../../shared/plugins/manifest.ts';

/** The lines of the error that says what is wrong, one per problem. */
function problemsOf(text: string): string[] {
  try {
    parseManifest(text);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
}

test('a name is enough', () => {
  expect(parseManifest('{"name":"Hello"}')).toEqual({ name: 'Hello', config: [] });
});

test('every known key and every unknown one is kept', () => {
  const manifest = {
    name: 'Hello',
    description: 'Says hello',
    url: 'https://example.com/hello',
    main: 'src/index.ts',
    lib: 'lib.js',
    posthogVersion: '>= 1.25.0',
    stateless: true,
    icon: 'a.png',
    publicJobs: { 'Export all': { payload: { from: { type: 'date', required: true } } } },
    config: [
      { markdown: 'Hi' },
      { key: 'a', type: 'choice', choices: ['x', 'y'], default: 'x', secret: true, visible_if: [] },
    ],
  };

  expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
});

test.each([
  'string',
  'attachment',
  'choice',
  'json',
  'boolean',
  'multiline',
  'number',
  'integer',
  'file',
  'selection',
  'anything else',
])('a field may be of type %s', (type) => {
  const field = { key: 'a', name: 'A', type, hint: 'Any', order: 1, required: true, secret: false };

  expect(parseManifest(JSON.stringify({ name: 'a', config: [field] })).config).toEqual([field]);
});

test.each([
  ['text', '"x"'],
  ['a number', '5'],
  ['false', 'false'],
  ['a list', '["a"]'],
  ['an object', '{"a":null}'],
])('a default may be %s', (_, text) => {
  const manifest = parseManifest(`{"name":"a","config":[{"key":"a","default":${text}}]}`);

  expect(defaultConfig(manifest)).toEqual({ a: JSON.parse(text) as unknown });
});

test('blocks of text may stand anywhere among the fields', () => {
  const config = [{ markdown: 'First' }, { key: 'a' }, { markdown: 'Then', name: 'Title' }, { key: 'b' }];

  expect(parseManifest(JSON.stringify({ name: 'a', config })).config).toEqual(config);
});

test('a key that is null, and an empty `main`, count as left out', () => {
  const text =
    '{"name":"a","url":null,"description":null,"main":"","config":[{"key":"a","hint":null,"required":null}]}';

  expect(parseManifest(text)).toStrictEqual({ name: 'a', config: [{ key: 'a' }] });
  expect(parseManifest('{"name":"a","config":null}')).toStrictEqual({ name: 'a', config: [] });
});

test('config may be an object keyed by field', () => {
  const { config } = parseManifest(
    '{"name":"a","config":{"bar":{"name":"Bar","type":"string","default":"baz"},"n":{}}}',
  );

  expect(config).toEqual([{ key: 'bar', name: 'Bar', type: 'string', default: 'baz' }, { key: 'n' }]);
});

test('a byte order mark in front does not matter', () => {
  expect(parseManifest('\uFEFF{"name":"a"}').name).toBe('a');
});

test('all problems come in one error, each with its place, what is allowed there and what was got', () => {
  const text = JSON.stringify({
    main: 5,
    url: ['https://example.com'],
    config: [
      { key: 'a' },
      { key: 1, choices: 'x', order: 'first', secret: 'yes' },
      'bar',
      { choices: ['x', 2], hint: {}, markdown: false },
    ],
    publicJobs: [],
  });

  const problems = problemsOf(text);

  expect(problems).toEqual([
    '- name: must be a string, but is missing',
    '- url: must be a string, but is ["https://example.com"]',
    '- main: must be a string, but is 5',
    '- config[1].key: must be a string, but is 1',
    '- config[1].order: must be a number, but is "first"',
    '- config[1].choices: must be a list, but is "x"',
    '- config[1].secret: must be true or false, but is "yes"',
    '- config[2]: must be an object, but is "bar"',
    '- config[3].hint: must be a string, but is {}',
    '- config[3].markdown: must be a string, but is false',
    '- config[3].choices[1]: must be a string, but is 2',
    '- publicJobs: must be an object, but is []',
  ]);
});

test('a problem in the object form of config is named by the field’s key', () => {
  const text = '{"name":"a","config":{"bar":{"type":7},"foo":"x"}}';

  expect(problemsOf(text)).toEqual([
    '- config.bar.type: must be a string, but is 7',
    '- config.foo: must be an object, but is "x"',
  ]);
});

test.each(['"bar"', '5', 'true'])('config %s is neither a list nor an object', (config) => {
  expect(problemsOf(`{"name":"a","config":${config}}`)).toEqual([
    `- config: must be a list of fields or an object of fields by key, but is ${config}`,
  ]);
});

test('a long wrong value is shown by its beginning', () => {
  const [problem] = problemsOf(JSON.stringify({ name: 'a', url: ['x'.repeat(500)] }));

  expect(problem).toMatch(/^- url: must be a string, but is \["x{58}…$/);
});

test('text that is not JSON, and JSON that is not an object, are errors that say so', () => {
  expect(() => parseManifest('{"name":"a",}')).toThrow(
    'Can not load plugin.json: it is not JSON (comments and trailing commas are not allowed)',
  );
  expect(problemsOf('[]')).toEqual(['- the whole file: must be an object, but is []']);
  expect(problemsOf('null')).toEqual(['- the whole file: must be an object, but is null']);
  expect(problemsOf('{"name":" "}')).toEqual(['- name: must be a string that is not empty, but is " "']);
});

test('the default config has the defaults of the fields that have one', () => {
  const manifest = parseManifest(
    '{"name":"a","config":[{"markdown":"Hi"},{"key":"a","default":"x"},{"key":"b"},{"key":"c","default":""},{"key":"d","default":0}]}',
  );

  expect(defaultConfig(manifest)).toEqual({ a: 'x', c: '', d: 0 });
});
