import { describe, expect, it } from 'vitest';
import type { DevNews } from '../../../cli/dev/dev-news.ts';
import { printNews } from '../../../cli/dev/print-news.ts';

const AT = new Date(2030, 0, 1, 12, 3, 4).getTime();

function printed(news: Omit<DevNews, 'at'>, options: { columns?: number; json?: boolean } = {}): string {
  let text = '';
  const { columns, json = false } = options;
  printNews({ write: (more) => void (text += more), columns, json }, { at: AT, ...news } as DevNews);
  return text;
}

describe('a piece of news', () => {
  it('is a line with its time and kind, and its details below it', () => {
    expect(printed({ kind: 'refused', text: 'It cannot be built:\na.js:1:2: no' })).toBe(
      '12:03:04 refused     It cannot be built:\n                     a.js:1:2: no\n',
    );
  });

  it('of an event fits into the terminal, of anything else is whole', () => {
    const text = 'x'.repeat(100);

    const [event, log] = [
      printed({ kind: 'event', text }, { columns: 60 }),
      printed({ kind: 'log', text }, { columns: 60 }),
    ];

    expect(event).toHaveLength(61);
    expect(event.endsWith('x…\n')).toBe(true);
    expect(log).toContain(text);
  });

  it('is one line of JSON for programs, with all there is of it', () => {
    const line = printed({ kind: 'log', text: 'two\nlines', pluginConfig: 7 }, { json: true });

    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual({
      kind: 'log',
      text: 'two\nlines',
      pluginConfig: 7,
      at: new Date(AT).toISOString(),
    });
  });
});
