import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createListContent } from '../../../shared/state/list-content.ts';
import type { Chunk } from '../../../shared/state/list-head.ts';
import { layOut } from '../../../shared/state/list-layout.ts';

/** A list that lies in chunks, as it would in the table, and what reading it costs. */
function storedList() {
  const stored = new Map<string, string[]>();
  let front: string[] = [];
  let chunks: Chunk[] = [];
  let ids = 0;
  let written = 0;
  const readChunks = async (wanted: string[]) => wanted.map((id) => stored.get(id) as string[]);
  return {
    stored,
    chunks: () => chunks,
    front: () => front,
    written: () => written,
    async change(work: (content: ReturnType<typeof createListContent>) => unknown) {
      const content = createListContent(front, chunks, readChunks);
      await work(content);
      const layout = await layOut(content, () => `chunk ${++ids}`, readChunks);
      for (const { id, elements } of layout.fresh) {
        stored.set(id, elements);
        written += elements.length;
      }
      ({ front, chunks } = layout);
    },
    all: () => createListContent(front, chunks, readChunks).range(0, -1),
  };
}

const bytesOf = (elements: string[]) => Buffer.byteLength(JSON.stringify(elements));

test('whatever is pushed, popped and removed, a list has what an array would have, in chunks that an item can hold', async () => {
  const element = fc.constantFrom(
    'a',
    'b',
    'c'.repeat(1400),
    '"'.repeat(3000),
    'ä'.repeat(40_000),
    'z'.repeat(349_000),
  );
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ push: fc.array(element, { minLength: 1, maxLength: 6 }) }) },
    { weight: 2, arbitrary: fc.record({ pop: fc.nat(8) }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.integer({ min: -3, max: 3 }), element }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const list = storedList();
      let expected: string[] = [];
      for (const action of steps) {
        await list.change(async (content) => {
          if ('push' in action) {
            content.push(action.push);
            expected = [...action.push.toReversed(), ...expected];
          } else if ('pop' in action) {
            expect(await content.pop(action.pop)).toEqual(expected.slice(0, action.pop));
            expected = expected.slice(action.pop);
          } else {
            const found = expected.flatMap((other, index) => (other === action.element ? [index] : []));
            const gone =
              action.remove === 0
                ? found
                : action.remove > 0
                  ? found.slice(0, action.remove)
                  : found.slice(action.remove);
            expect(await content.remove(action.remove, action.element)).toBe(gone.length);
            expected = expected.filter((_, index) => !gone.includes(index));
          }
          expect(content.length()).toBe(expected.length);
        });
      }
      expect(await list.all()).toEqual(expected);
      expect(Math.max(0, ...[...list.stored.values()].map(bytesOf))).toBeLessThan(400_000);
      expect(bytesOf(list.front())).toBeLessThan(5000);
      expect(list.chunks().every(({ count }) => count > 0)).toBe(true);
    }),
    { numRuns: 150, endOnFailure: true },
  );
});

test('pushed one by one, an element is written eight times at most, and small chunks stay few', async () => {
  const list = storedList();
  let mostSmallChunks = 0;
  for (let pushed = 0; pushed < 20_000; pushed++) {
    await list.change((content) => content.push([`element ${pushed} of a list that grows one by one`]));
    mostSmallChunks = Math.max(mostSmallChunks, list.chunks().filter(({ bytes }) => bytes < 128 * 1024).length);
  }

  expect(list.written() / 20_000).toBeLessThan(8);
  expect(mostSmallChunks).toBeLessThanOrEqual(7);
  expect((await list.all()).length).toBe(20_000);
});

test('popped one by one, a chunk is read once for many pops', async () => {
  const list = storedList();
  await list.change((content) => content.push(Array.from({ length: 5000 }, (_, index) => `element ${index}`)));
  let reads = 0;
  for (let popped = 0; popped < 1000; popped++) {
    await list.change(async (content) => {
      const before = content.segments[1]?.elements;
      await content.pop(1);
      if (before === null && content.segments[1]?.elements !== null) reads++;
    });
  }

  expect(reads).toBeLessThan(15);
  expect((await list.all())[0]).toBe('element 3999');
});
