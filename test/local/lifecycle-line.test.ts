import { expect, test } from 'vitest';
import type { BusEvent } from '../../local/events/event-buses.ts';
import { lifecycleLine } from '../../local/lifecycle-line.ts';

const COMMON = { version: 1, id: 'x', function: 'run-tasks' };
const PLUGIN = { pluginConfig: 7, project: 1, plugin: 'GeoIP', pluginVersion: 'c0de' };

test.each<[type: string, detail: object, line: string]>([
  [
    'Plugin disabled',
    { ...PLUGIN, cause: 'host_ended', error: { name: 'TimeoutError', message: 'too long', hook: 'processEvent' } },
    'Plugin disabled: GeoIP (7), cause host_ended: TimeoutError: too long',
  ],
  [
    'Events dead-lettered',
    { messages: 2, events: 3, reasons: { not_json: 3 } },
    'Events dead-lettered: messages 2, events 3, reasons {"not_json":3}',
  ],
  [
    'Job given up',
    { pluginConfig: 7, cause: 'plugin_off', job: 'two\nlines\u001b[31m', jobs: 1 },
    'Job given up: plugin config (7), cause plugin_off, job two lines [31m, jobs 1',
  ],
])('%s is one line with what is particular about it', (type, detail, line) => {
  const event = { 'detail-type': type, time: '2030-01-01T12:03:04Z', detail: { ...COMMON, ...detail } };

  expect(lifecycleLine(event as BusEvent)).toBe(line);
});
