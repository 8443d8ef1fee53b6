import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../shared/plugins/manifest.ts';
import { problemsOfConfig } from '../../../shared/registry/check-config.ts';

interface Given {
  values?: Record<string, unknown>;
  secrets?: string[];
  attachments?: string[];
}

function problems(config: object[], { values = {}, secrets = [], attachments = [] }: Given, complete = true) {
  const manifest = parseManifest(JSON.stringify({ name: 'Plugin', config }));
  const form = { values, secrets: new Set(secrets), attachments: new Set(attachments) };
  return problemsOfConfig(manifest, form, complete);
}

describe('values of a plugin config', () => {
  it.each<[string, object, unknown]>([
    ['text for a string', { type: 'string' }, 'text'],
    ['a number for a string, as a default may be', { type: 'string' }, 5],
    ['text without a type', {}, 'text'],
    ['one of the choices', { type: 'choice', choices: ['a', 'b'] }, 'b'],
    ['anything where there are no choices', { type: 'choice' }, 'x'],
    ['an object for JSON', { type: 'json' }, { a: [1] }],
    ['JSON text for JSON', { type: 'json' }, '{"a":1}'],
    ['anything for a type that PostHog does not have', { type: 'boolean' }, true],
    ['empty text for a choice', { type: 'choice', choices: ['a'] }, ''],
  ])('may be %s', (_, field, value) => {
    expect(problems([{ key: 'a', ...field }], { values: { a: value } })).toEqual({});
  });

  it.each<[string, object, unknown, string]>([
    ['an object for a string', { type: 'string' }, { a: 1 }, 'must be text; got an object'],
    ['a list without a type', {}, [1], 'must be text; got a list'],
    ['none of the choices', { type: 'choice', choices: ['a', 'b'] }, 'c', 'must be one of a, b; got "c"'],
    ['text that is no JSON', { type: 'json' }, '{a:1}', 'must be JSON; got text that is none'],
    ['text for a file', { type: 'attachment' }, 'text', 'is a file: upload it as an attachment'],
  ])('may not be %s', (_, field, value, problem) => {
    expect(problems([{ key: 'a', ...field }], { values: { a: value } })).toEqual({ a: problem });
  });

  it('may have keys that plugin.json does not name, as in PostHog', () => {
    expect(problems([{ key: 'a' }], { values: { other: { x: 1 } }, attachments: ['file'] })).toEqual({});
  });

  it('may have no key that cannot be one', () => {
    const values = JSON.parse('{"__proto__": 1, "": 2}') as Record<string, unknown>;

    expect(Object.entries(problems([], { values }))).toEqual([
      ['__proto__', 'cannot be a key'],
      ['', 'cannot be a key'],
    ]);
  });

  it('are all looked at: every problem is told', () => {
    const fields = [
      { key: 'a', required: true },
      { key: 'b', type: 'choice', choices: ['x'] },
      { key: 'c', type: 'attachment', required: true },
    ];

    expect(Object.keys(problems(fields, { values: { b: 'y' } }))).toEqual(['b', 'a', 'c']);
  });

  it('may have a file only where one is asked for', () => {
    expect(problems([{ key: 'a', type: 'string' }], { attachments: ['a'] })).toEqual({
      a: 'takes no file: it is of type string',
    });
  });
});

describe('a required field', () => {
  it.each<[string, object, Given]>([
    ['no value', {}, {}],
    ['an empty one', {}, { values: { a: '' } }],
    ['no file', { type: 'attachment' }, {}],
    ['no secret', { secret: true }, {}],
  ])('is missed when it has %s', (_, field, given) => {
    expect(problems([{ key: 'a', required: true, ...field }], given)).toEqual({ a: 'is required' });
  });

  it.each<[string, object, Given]>([
    ['a value that is false', {}, { values: { a: false } }],
    ['zero', {}, { values: { a: 0 } }],
    ['a file', { type: 'attachment' }, { attachments: ['a'] }],
    ['a secret', { secret: true }, { secrets: ['a'] }],
  ])('is satisfied with %s', (_, field, given) => {
    expect(problems([{ key: 'a', required: true, ...field }], given)).toEqual({});
  });

  it('may be missed for as long as nothing runs', () => {
    expect(problems([{ key: 'a', required: true }], {}, false)).toEqual({});
  });

  const dependent = { key: 'a', required_if: [['mode', 'custom'], ['host']] };
  it.each<[string, Given, boolean]>([
    ['all that makes it so is there', { values: { mode: 'custom', host: 'x' } }, true],
    ['one of it has another value', { values: { mode: 'other', host: 'x' } }, false],
    ['one of it has no value', { values: { mode: 'custom', host: '' } }, false],
    ['a secret is set that makes it so', { values: { mode: 'custom' }, secrets: ['host'] }, true],
  ])('is required because of others when %s', (_, given, required) => {
    expect(problems([dependent], given)).toEqual(required ? { a: 'is required' } : {});
  });

  it('is not while it is hidden because of others', () => {
    const field = { key: 'a', required: true, visible_if: [['mode', 'custom']] };

    expect(problems([field], { values: { mode: 'other' } })).toEqual({});
    expect(problems([field], { values: { mode: 'custom' } })).toEqual({ a: 'is required' });
  });

  it.each([[null], ['mode'], [['mode', 'custom']], [[[]]]])(
    'is as it is when its conditions are none: %j',
    (conditions) => {
      expect(problems([{ key: 'a', required_if: conditions }], { values: { mode: 'custom' } })).toEqual({});
      expect(problems([{ key: 'a', required: true, visible_if: conditions }], {})).toEqual({ a: 'is required' });
    },
  );
});
