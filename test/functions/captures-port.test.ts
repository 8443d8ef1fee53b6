import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCapturesPort } from '../../functions/captures-port.ts';
import { createHopLimitTeller } from '../../functions/tell-of-hop-limit.ts';
import { MAX_BATCH_BYTES, messageBytes, type QueueMessage } from '../../shared/aws/group-messages.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../shared/event/read-message.ts';
import type { CapturedEvent } from '../../shared/sandbox/service-calls.ts';

const captured = (more: Partial<CapturedEvent> = {}): CapturedEvent => ({
  plugin: 7,
  teamId: 1,
  uuid: 'u',
  name: 'x',
  hops: 1,
  event: JSON.stringify({ event: 'x', distinct_id: 'me', team_id: 1 }),
  ...more,
});

function harness({ limit = 3, unsent = false } = {}) {
  const sent: QueueMessage[] = [];
  const refused: { plugin: number; count: number; message: string }[] = [];
  const counted: [plugin: number, count: number][] = [];
  const port = createCapturesPort({
    async send(messages) {
      if (unsent) return messages;
      sent.push(...messages);
      return [];
    },
    limit,
    onLimit: (one) => void refused.push(one),
    onCaptured: (plugin, count) => void counted.push([plugin, count]),
  });
  const eventsSent = () => sent.map(({ body }) => readMessage(body, DEFAULT_MESSAGE_LIMITS).length);
  return { port, sent, refused, counted, eventsSent };
}

describe('captured events', () => {
  it('go into one message for each hop count, which the message says', async () => {
    const { port, sent, counted, eventsSent } = harness();

    await port.capture([captured(), captured({ hops: 3 }), captured({ plugin: 8 }), captured({ hops: 3 })]);

    expect(sent.map(({ attributes }) => attributes)).toEqual([{ hops: '1' }, { hops: '3' }]);
    expect(eventsSent()).toEqual([2, 2]);
    expect(counted).toEqual([
      [7, 3],
      [8, 1],
    ]);
  });

  it('fill as few messages as hold them, each of one paid request or two', async () => {
    const { port, sent, eventsSent } = harness();
    const event = (n: number) => {
      const properties = { $lib: 'posthog-plugin-server', plan: 'enterprise', noise: randomBytes(40).toString('hex') };
      return JSON.stringify({ event: 'popularity measured', distinct_id: String(n), properties });
    };

    await port.capture(Array.from({ length: 3000 }, (_, n) => captured({ event: event(n) })));

    expect(eventsSent().reduce((sum, count) => sum + count, 0)).toBe(3000);
    const bytes = sent.map(messageBytes);
    expect(sent.length).toBeLessThanOrEqual(Math.ceil(bytes.reduce((sum, one) => sum + one, 0) / 65_536) + 1);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(2 * 65_536);
  });

  it('fit into a message even when they are noise and as large as may be', async () => {
    const { port, sent } = harness();
    const noise = Array.from(randomBytes(449_900), (byte) => String.fromCharCode(32 + (byte % 94) + 161)).join('');
    const ascii = Array.from(randomBytes(899_800), (byte) => String.fromCharCode(35 + (byte % 57))).join('');

    await port.capture([noise, ascii].map((text) => captured({ event: JSON.stringify({ event: 'x', text }) })));

    expect(sent).toHaveLength(2);
    for (const message of sent) expect(messageBytes(message)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
  });

  it('are refused beyond the limit, those of one name and plugin config in one line that says what to do', async () => {
    const { port, refused, eventsSent, counted } = harness({ limit: 3 });

    await port.capture([
      captured({ hops: 4 }),
      captured({ hops: 3 }),
      captured({ hops: 4 }),
      captured({ hops: 5, name: 'y' }),
    ]);

    expect(eventsSent()).toEqual([1]);
    expect(counted).toEqual([[7, 1]]);
    expect(refused).toMatchObject([
      {
        plugin: 7,
        count: 2,
        message: expect.stringMatching(
          /^The event "x" was not captured by plugin config 7, 2 times: 3 captures have led to one another, and captureHopLimit allows no more\. Let /,
        ),
      },
      { plugin: 7, count: 1, message: expect.stringContaining('The event "y" was not captured by plugin config 7: ') },
    ]);
  });

  it('that could not be queued fail the call, so that what captured them comes again, and are not counted', async () => {
    const { port, counted, refused } = harness({ unsent: true });

    await expect(port.capture([captured(), captured({ hops: 9 })])).rejects.toThrow(
      '1 of 1 messages with captured events could not be sent',
    );
    expect([counted, refused]).toEqual([[], []]);
  });
});

it('a limit that is reached is an error in the plugin’s log, a metric and a lifecycle event', () => {
  const written: unknown[] = [];
  const write = (line: unknown) => void written.push(line);
  const tell = createHopLimitTeller({
    functionName: 'run-tasks',
    log: write,
    writeMetricLine: write,
    tell: write,
    findPlugin: () => undefined,
    now: () => 5,
  });

  tell({ kind: 'capture', plugin: 7, name: 'again', limit: 10, message: 'No more.', count: 2 });

  expect(written).toMatchObject([
    { plugin: 7, source: 'SYSTEM', level: 'ERROR', message: 'No more.' },
    { function: 'run-tasks', CaptureHopLimitReached: 2, _aws: { Timestamp: 5 } },
    { type: 'Hop limit reached', kind: 'capture', name: 'again', limit: 10, count: 2 },
  ]);
});
