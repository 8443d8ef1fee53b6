import { expect, test } from 'vitest';
import { newsOfLog } from '../../../cli/dev/news-of-log.ts';

const NOW = Date.UTC(2030, 0, 1);
const nameOf = (id: number) => (id === 7 ? 'GeoIP' : `plugin config ${id}`);
const told = (record: object) => newsOfLog(JSON.stringify(record), nameOf, NOW).map(({ kind, text }) => [kind, text]);

test.each<[string, object, string[][]]>([
  [
    'what a plugin says',
    { level: 'WARN', message: 'slow', pluginConfig: 7, source: 'CONSOLE' },
    [['log', 'GeoIP: WARN slow']],
  ],
  [
    'what Hoglet says about a plugin',
    { level: 'INFO', message: 'Plugin loaded', pluginConfig: 7, source: 'SYSTEM' },
    [['log', 'GeoIP (Hoglet): Plugin loaded']],
  ],
  [
    'who dropped how many events',
    { account: [{ dropped: { 7: 2, 8: 1 } }, { dropped: {} }] },
    [
      ['dropped', '2 events by GeoIP'],
      ['dropped', '1 event by plugin config 8'],
    ],
  ],
  [
    'a fault of a function, with its cause',
    { level: 'ERROR', message: 'A request failed', error: { message: 'no table' } },
    [['fault', 'A request failed: no table']],
  ],
  [
    'nothing that could move the cursor',
    { level: 'INFO', message: 'a\u001b[2Jb', pluginConfig: 7, source: 'CONSOLE' },
    [['log', 'GeoIP: a\uFFFD[2Jb']],
  ],
  ['nothing of a function’s own lines', { level: 'INFO', message: 'Request' }, []],
])('a log tells %s', (_, record, expected) => {
  expect(told(record)).toEqual(expected);
});

test('a line that is no record tells nothing', () => {
  expect(['REPORT RequestId', '{ half', ''].flatMap((line) => newsOfLog(line, nameOf, NOW))).toEqual([]);
});
