import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExportBuffer } from '../../../shared/pipeline/export-buffer.ts';
import { exportSettings } from '../../../shared/pipeline/export-settings.ts';

describe('what a plugin config says about its exports', () => {
  it('is 1 MiB, 10 s and nothing ignored when it says nothing', () => {
    expect(exportSettings({})).toEqual({ bufferLength: 1_048_576, bufferSeconds: 10, ignored: new Set() });
  });

  it.each([
    ['', 1_048_576],
    ['abc', 1_048_576],
    ['0', 1],
    ['-5', 1],
    ['5.7', 5],
    ['1e3', 1],
    ['10mb', 10],
    [2000, 2000],
    ['999999999999', 104_857_600],
  ])('takes %j for %i units', (given, expected) => {
    expect(exportSettings({ exportEventsBufferBytes: given }).bufferLength).toBe(expected);
  });

  it('takes at most ten minutes', () => {
    expect(exportSettings({ exportEventsBufferSeconds: '700' }).bufferSeconds).toBe(600);
  });

  it('ignores events by their exact names, and keeps empty ones', () => {
    expect(exportSettings({ exportEventsToIgnore: '$pageview, Sign up ,' }).ignored).toEqual(
      new Set(['$pageview', 'Sign up', '']),
    );
  });
});

const cut = (lengths: number[], limit: number): number[][] => {
  const buffer = createExportBuffer<number>(limit);
  const batches = lengths.flatMap((length) => buffer.add(length, length));
  const rest = buffer.flush();
  return rest === null ? batches : [...batches, rest];
};

describe('batches for exportEvents', () => {
  it('are as PostHog cut them: 100 events of some 135 units make 14 batches of 7 and one of 2', () => {
    const batches = cut(
      Array.from({ length: 100 }, () => 135),
      1000,
    );

    expect(batches.map(({ length }) => length)).toEqual([...Array.from({ length: 14 }, () => 7), 2]);
  });

  it('hold one event each when the limit is one', () => {
    expect(cut([100, 100, 100], 1)).toEqual([[100], [100], [100]]);
  });

  it('have every event once, in its order, and are over the limit only when one event alone is', () => {
    assert(
      property(array(integer({ min: 2, max: 500 })), integer({ min: 1, max: 1000 }), (lengths, limit) => {
        const batches = cut(lengths, limit);

        expect(batches.flat()).toEqual(lengths);
        for (const batch of batches) {
          const total = batch.reduce((sum, length) => sum + length, 0);
          expect(total <= limit || batch.length === 1).toBe(true);
        }
      }),
    );
  });
});
