import { expect, test } from 'vitest';
import { readStartFlags } from '../../local/read-start-flags.ts';

test('flags are off until they are given', () => {
  expect(readStartFlags([])).toEqual({ fresh: false, json: false });
  expect(readStartFlags(['--json', '--fresh'])).toEqual({ fresh: true, json: true });
});

test('every flag that is not known is named, and those that are', () => {
  expect(() => readStartFlags(['--fresh', '--port', '1'])).toThrow('Unknown: --port 1. Allowed are --fresh and --json');
});
