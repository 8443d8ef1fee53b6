import { expect, test } from 'vitest';
import { defaultConfig, parseManifest } from '../../../shared/plugins/manifest.ts';

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

test('config may be an object keyed by field', () => {
  const { config } = parseManifest(
    '{"name":"a","config":{"bar":{"name":"Bar","type":"string","default":"baz"},"n":{}}}',
  );

  expect(config).toEqual([{ key: 'bar', name: 'Bar', type: 'string', default: 'baz' }, { key: 'n' }]);
});

test('a byte order mark in front does not matter', () => {
  expect(parseManifest('\uFEFF{"name":"a"}').name).toBe('a');
});

test('all problems come in one error, each with its place', () => {
  const text = JSON.stringify({ main: 5, config: [{ key: 'a' }, { key: 1, choices: 'x' }], publicJobs: [] });

  const parse = () => parseManifest(text);

  for (const place of ['name', 'main', 'config[1].key', 'config[1].choices', 'publicJobs']) {
    expect(parse).toThrow(`\n- ${place}: `);
  }
});

test('text that is not JSON, and JSON that is not an object, are errors that say so', () => {
  expect(() => parseManifest('{"name":"a",}')).toThrow(
    'plugin.json is not JSON (comments and trailing commas are not allowed)',
  );
  expect(() => parseManifest('[]')).toThrow('- the whole file: ');
  expect(() => parseManifest('{"name":" "}')).toThrow('- name: ');
});

test('the default config has the defaults of the fields that have one', () => {
  const manifest = parseManifest(
    '{"name":"a","config":[{"markdown":"Hi"},{"key":"a","default":"x"},{"key":"b"},{"key":"c","default":""},{"key":"d","default":0}]}',
  );

  expect(defaultConfig(manifest)).toEqual({ a: 'x', c: '', d: 0 });
});
