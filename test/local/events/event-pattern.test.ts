import { expect, test } from 'vitest';
import { compilePattern } from '../../../local/events/event-pattern.ts';

const event = {
  source: 'hoglet',
  'detail-type': 'Export undelivered',
  resources: ['plugin/1', 'project/2'],
  detail: { attempts: 16, reason: 'gone', plugin: { name: 'S3' }, none: null, nothing: [], last: true },
};

test.each<[string, unknown, boolean]>([
  ['one of several values', { source: ['other', 'hoglet'] }, true],
  ['no such value', { source: ['other'] }, false],
  ['all fields', { source: ['hoglet'], 'detail-type': ['Job given up'] }, false],
  ['a nested value', { detail: { plugin: { name: ['S3'] } } }, true],
  ['an element of a list', { resources: ['project/2'] }, true],
  ['a number, which is no text', { detail: { attempts: ['16'] } }, false],
  ['null', { detail: { none: [null] } }, true],
  ['null, where there is nothing', { detail: { missing: [null] } }, false],
  ['true', { detail: { last: [true] } }, true],
  ['a prefix', { resources: [{ prefix: 'plugin/' }] }, true],
  ['a prefix of something else', { detail: { reason: [{ prefix: 'x' }] } }, false],
  ['anything but a value', { detail: { reason: [{ 'anything-but': 'gone' }] } }, false],
  ['anything but values', { detail: { reason: [{ 'anything-but': ['new', 'old'] }] } }, true],
  ['anything but a prefix', { detail: { reason: [{ 'anything-but': { prefix: 'go' } }] } }, false],
  ['anything but, where there is nothing', { detail: { missing: [{ 'anything-but': 'x' }] } }, false],
  ['what is there', { detail: { attempts: [{ exists: true }] } }, true],
  ['what is not there', { detail: { missing: [{ exists: false }], plugin: { id: [{ exists: false }] } } }, true],
  ['what must not be there', { detail: { attempts: [{ exists: false }] } }, false],
  ['a range', { detail: { attempts: [{ numeric: ['>', 10, '<=', 16] }] } }, true],
  ['a range it is not in', { detail: { attempts: [{ numeric: ['<', 16] }] } }, false],
  ['a number in a field of text', { detail: { reason: [{ numeric: ['=', 0] }] } }, false],
  ['a structure where the event has none', { source: { name: ['hoglet'] } }, false],
])('%s: %j', (_title, pattern, expected) => {
  expect(compilePattern(pattern)(event)).toBe(expected);
});

test.each<[unknown, string]>([
  [
    { source: [{ wildcard: 'h*' }] },
    'EventPattern.source: matcher wildcard is not honoured by the local stack; honoured here: prefix',
  ],
  [{ $or: [{ source: ['a'] }] }, 'EventPattern.$or is not honoured'],
  [{ detail: { a: { b: 'text' } } }, 'EventPattern.detail.a.b is "text"; expected a structure'],
  [{ source: [] }, 'EventPattern.source is an empty list'],
  [{}, 'EventPattern is {}'],
  [{ source: [{ prefix: 1 }] }, 'expected text, got 1'],
  [{ source: [{ prefix: { 'equals-ignore-case': 'a' } }] }, 'expected text'],
  [
    { source: [{ 'anything-but': { suffix: 'a' } }] },
    'matcher suffix is not honoured by the local stack; honoured here: prefix',
  ],
  [{ n: [{ numeric: ['>'] }] }, 'numeric takes pairs of'],
  [{ n: [{ exists: 'yes' }] }, 'exists takes true or false'],
])('%j is refused, with its place', (pattern, message) => {
  expect(() => compilePattern(pattern)).toThrow(message);
});
