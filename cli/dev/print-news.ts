import { styleText } from 'node:util';
import type { DevNews } from './dev-news.ts';

type Style = Parameters<typeof styleText>[0];

const STYLES: Record<DevNews['kind'], Style> = {
  ready: 'bold',
  linked: 'green',
  reloaded: 'green',
  refused: 'red',
  note: 'yellow',
  event: 'cyan',
  dropped: 'yellow',
  'dead-letter': 'red',
  log: 'dim',
  lifecycle: 'magenta',
  fault: 'red',
};

const KIND_WIDTH = Math.max(...Object.keys(STYLES).map(({ length }) => length));

export interface NewsPaper {
  write(text: string): void;
  /** Characters of a line; a longer first line of an event is cut there. Undefined: as long as it is. */
  columns: number | undefined;
  /** Prints each as one line of JSON. */
  json: boolean;
}

/** Prints a piece of news, beginning with its time and kind; in colours where stdout is a terminal and NO_COLOR is not set. */
export function printNews({ write, columns, json }: NewsPaper, news: DevNews): void {
  if (json) {
    write(`${JSON.stringify({ ...news, at: new Date(news.at).toISOString() })}\n`);
    return;
  }
  const { kind, at, text } = news;
  const time = new Date(at).toTimeString().slice(0, 8);
  const head = `${time} ${kind.padEnd(KIND_WIDTH)} `;
  const [first = '', ...more] = text.split('\n');
  const room =
    columns === undefined || kind !== 'event' ? Number.POSITIVE_INFINITY : Math.max(20, columns - head.length);
  const cut = first.length > room ? `${first.slice(0, room - 1)}…` : first;
  const details = more.map((line) => `${' '.repeat(head.length)}${line}\n`).join('');
  write(`${styleText('dim', time)} ${styleText(STYLES[kind], kind.padEnd(KIND_WIDTH))} ${cut}\n${details}`);
}
