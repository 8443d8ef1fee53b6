import { expect, test } from 'vitest';
import { sparkline } from '../../cli/sparkline.ts';

test.each([
  [[0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
  [[0, 0], '▁▁'],
  [[5, undefined, 10], '▅·█'],
  [[-4, 0, 4], '▁▅█'],
  [[], ''],
])('%j is drawn as %s', (values, drawn) => {
  expect(sparkline(values)).toBe(drawn);
});
