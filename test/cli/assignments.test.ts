import { describe, expect, it, test } from 'vitest';
import { assignments } from '../../cli/assignments.ts';

const read = async (path: string) => {
  if (path === 'key.txt') return 'from a file';
  throw Object.assign(new Error('no'), { code: 'ENOENT' });
};

describe('values of the command line', () => {
  it('are text, text of a file, or JSON', async () => {
    const values = await assignments(
      [
        'host=https://x?a=b',
        'empty=',
        'key=@key.txt',
        'at=@@home',
        'on:=true',
        'list:=[1]',
        'gone:=null',
        'time=10:30',
      ],
      read,
    );

    expect(values).toEqual({
      host: 'https://x?a=b',
      empty: '',
      key: 'from a file',
      at: '@home',
      on: true,
      list: [1],
      gone: null,
      time: '10:30',
    });
  });

  test.each([
    ['no sign', 'secret', 'A value must be key=text'],
    ['no key', '=secret', 'A value must be key=text'],
    ['no JSON', 'key:=secret', 'The value of key is not JSON'],
    ['no such file', 'key=@nowhere', 'The file for key cannot be read: ENOENT: nowhere'],
  ])('with %s are refused without being shown', async (_title, word, message) => {
    const refused = await assignments([word], read).catch((error: Error) => error);

    expect(String(refused)).toContain(message);
    expect(String(refused)).not.toContain('secret');
  });
});
