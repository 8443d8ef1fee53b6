import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutByLength } from '../../../../shared/sandbox/meta/cut-by-length.ts';

const length = (text: string) => text.length;

test('what fits travels together, what does not goes on, and what is longer than all may be goes alone', () => {
  expect(cutByLength(['aa', 'b', 'cc', 'ddddd', 'e', ''], length, 3)).toEqual([
    ['aa', 'b'],
    ['cc'],
    ['ddddd'],
    ['e', ''],
  ]);
  expect(cutByLength([], length, 3)).toEqual([]);
});

test('nothing is lost or put elsewhere, no list is empty, and none is too long that could be shorter', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 8 })), fc.nat(10), (items, most) => {
      const lists = cutByLength(items, length, most);

      expect(lists.flat()).toEqual(items);
      for (const list of lists) {
        expect(list.length).toBeGreaterThan(0);
        expect(list.length === 1 || list.join('').length <= most).toBe(true);
      }
    }),
  );
});
