import Table from 'cli-table3';

export interface Column<Row> {
  title: string;
  value(row: Row): string | number | boolean | null | undefined;
}

/** Control characters would let what others wrote (names of plugins, messages) move the cursor or recolour the screen. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A table for people, without lines between its rows. */
export function tableText<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const table = new Table({
    head: columns.map(({ title }) => title),
    style: { head: [], border: [], compact: true },
    chars: NO_LINES,
  });
  table.push(...rows.map((row) => columns.map(({ value }) => plain(value(row)))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Something as text that a terminal can be given. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return plainLine(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** A line of text that others wrote, as it is but for what would control the terminal. */
export function plainLine(text: string): string {
  return text.replaceAll(CONTROL, '\uFFFD');
}

const NO_LINES = {
  ...Object.fromEntries(
    ['top', 'bottom', 'left', 'right'].flatMap((side) => [
      [side, ''],
      [`${side}-mid`, ''],
      [`${side}-left`, ''],
      [`${side}-right`, ''],
    ]),
  ),
  mid: '',
  'mid-mid': '',
  middle: '  ',
};
