import { describe, expect, it } from 'vitest';
import { createExportBuffer } from '../../../cli/test/export-buffer.ts';
import { retryDelayMilliseconds } from '../../../cli/test/retry-delay.ts';
import { exportSettings } from '../../../shared/pipeline/export-settings.ts';

describe('the settings of exports', () => {
  it.each([
    [undefined, 1_048_576, 10],
    ['', 1_048_576, 10],
    ['abc', 1_048_576, 10],
    ['0', 1, 1],
    ['-5', 1, 1],
    ['5.7', 5, 5],
    ['1e3', 1, 1],
    ['10mb', 10, 10],
    ['700', 700, 600],
    ['999999999', 104_857_600, 600],
    [30, 30, 30],
  ])('of %s are a buffer of %i and %i seconds', (given, bufferLength, bufferSeconds) => {
    const config = { exportEventsBufferBytes: given, exportEventsBufferSeconds: given };

    expect(exportSettings(config)).toMatchObject({ bufferLength, bufferSeconds });
  });

  it('name events that are ignored, exactly and trimmed', () => {
    expect([...exportSettings({ exportEventsToIgnore: ' $pageview, b' }).ignored]).toEqual(['$pageview', 'b']);
    expect(exportSettings({ exportEventsToIgnore: '' }).ignored.size).toBe(0);
  });
});

describe('the buffer of exports', () => {
  const jsonOf = (length: number) => JSON.stringify({ a: 'x'.repeat(length - 8) });
  const buffer = (bufferLength: number) =>
    createExportBuffer({ bufferLength, bufferSeconds: 10, ignored: new Set(['no']) }, () => 1000);

  it('gives a batch before it would grow over the limit, counted in characters of JSON', () => {
    const { add, flush } = buffer(1000);

    const batches = Array.from({ length: 100 }, () => add({ event: 'e' }, jsonOf(135))).flat();

    expect(batches.map(({ length }) => length)).toEqual(Array.from({ length: 14 }, () => 7));
    expect(flush()).toHaveLength(2);
    expect(flush()).toBeNull();
  });

  it('gives an event that is too long alone by itself, at once', () => {
    const { add } = buffer(10);

    expect(add({ event: 'e' }, jsonOf(20))).toHaveLength(1);
  });

  it('takes no event that is ignored', () => {
    const { add, dueAt } = buffer(1);

    expect(add({ event: 'no' }, jsonOf(20))).toEqual([]);
    expect(dueAt()).toBeNull();
  });

  it('is due so many seconds after its first event', () => {
    const { add, dueAt } = buffer(1000);
    add({ event: 'e' }, jsonOf(20));

    expect(dueAt()).toBe(11_000);
  });
});

it('retries come after 6, 12, 24 … seconds, five hours at the most, 15 times within 21.8 hours', () => {
  const delays = Array.from({ length: 16 }, (_, index) => retryDelayMilliseconds(index + 1));

  expect(delays.slice(0, 4)).toEqual([6000, 12_000, 24_000, 48_000]);
  expect(delays.slice(11)).toEqual([12_288_000, 18_000_000, 18_000_000, 18_000_000, null]);
  expect(delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0) / 3_600_000).toBeCloseTo(21.825);
});
