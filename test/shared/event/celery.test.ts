import { describe, expect, it } from 'vitest';
import { INPUT_TASK, OUTPUT_TASK, taskFromEvent } from '../../../shared/event/celery.ts';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../../shared/event/read-message.ts';

const read = (message: object) => readMessage(JSON.stringify(message), DEFAULT_MESSAGE_LIMITS)[0];
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

const data = {
  event: '$pageview',
  properties: { a: 1 },
  team_id: 999,
  ip: '198.51.100.1',
  now: 'never',
  distinct_id: 'client',
};
const args = ['user-1', '203.0.113.7', 'https://example.com', data, 1, '2026-11-21T10:20:30Z', null];
const fromCapture: PluginEvent = {
  event: '$pageview',
  properties: { a: 1 },
  distinct_id: 'user-1',
  ip: '203.0.113.7',
  site_url: 'https://example.com',
  team_id: 1,
  now: '2026-11-21T10:20:30Z',
  sent_at: null,
} as unknown as PluginEvent;

/** As Kombu writes protocol 2. */
function messageOf(task: string, body: unknown, encoding = 'base64') {
  return {
    body: encoding === 'base64' ? base64(body) : JSON.stringify(body),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: { lang: 'py', task, id: 'a' },
    properties: { body_encoding: encoding, delivery_info: { exchange: '', routing_key: 'celery' }, delivery_tag: 't' },
  };
}

describe('Celery messages', () => {
  it('let what the server knows win over what the client sent', () => {
    expect(read(messageOf(INPUT_TASK, [args, {}, {}]))).toEqual(fromCapture);
  });

  it('are read in protocol 1, where the body names the task', () => {
    expect(read(messageOf('', { task: INPUT_TASK, id: 'a', args, kwargs: {} }))).toEqual(fromCapture);
  });

  it('are read when the body is plain JSON', () => {
    expect(read(messageOf(INPUT_TASK, [args, {}, {}], 'utf-8'))).toEqual(fromCapture);
  });

  it.each([
    ['another task', messageOf('posthog.tasks.calculate_cohort', [args, {}, {}]), 'unknown_task'],
    ['a body that is not what it declares', { ...messageOf(INPUT_TASK, []), body: 'xx' }, 'bad_task'],
    ['arguments without data', messageOf(INPUT_TASK, [['user-1'], {}, {}]), 'bad_task'],
    ['no arguments at all', messageOf(INPUT_TASK, 'hello'), 'bad_task'],
  ])('with %s are rejected', (_, message, reason) => {
    expect(() => read(message)).toThrow(expect.objectContaining({ reason }));
  });

  it('are written with the seven arguments that the ingesting task takes, and read back as they were', () => {
    const event: PluginEvent = { ...fromCapture, uuid: '018f3e2a-7b1c-7000-9f00-0123456789ab' };

    const message = JSON.parse(taskFromEvent(event)) as { body: string; headers: { task: string; id: string } };

    const [written] = JSON.parse(Buffer.from(message.body, 'base64').toString()) as [unknown[]];
    expect(message.headers).toMatchObject({ task: OUTPUT_TASK, id: event.uuid });
    expect(written).toHaveLength(7);
    expect(written[3]).toEqual({ event: '$pageview', properties: { a: 1 }, uuid: event.uuid });
    expect(read(message)).toEqual(event);
  });
});
