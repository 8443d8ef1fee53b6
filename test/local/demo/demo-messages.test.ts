import { expect, test } from 'vitest';
import { BAD_MESSAGES } from '../../../local/demo/bad-messages.ts';
import { type DemoMessageOptions, demoMessages } from '../../../local/demo/demo-messages.ts';
import { DEMO_PROJECT } from '../../../local/demo/demo-project.ts';
import { checkEvent } from '../../../shared/event/check-event.ts';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../../shared/event/read-message.ts';

function messages(changes: Partial<DemoMessageOptions> = {}) {
  return [...demoMessages({ teamId: DEMO_PROJECT.id, events: 1000, seed: 1, startAt: 0, ...changes })];
}

/** What process-events would make of a body: its events, and the reasons of what it refuses. */
function outcome(body: string): { events: PluginEvent[]; refused: string[] } {
  const events: PluginEvent[] = [];
  const refused: string[] = [];
  const attempt = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (error) {
      refused.push((error as { reason: string }).reason);
      return undefined;
    }
  };
  const values = attempt(() => readMessage(body, DEFAULT_MESSAGE_LIMITS)) ?? [];
  for (const [position, value] of values.entries()) {
    const event = attempt(() => checkEvent(value, 'message', position));
    if (event?.team_id === DEMO_PROJECT.id) events.push(event);
    else if (event !== undefined) refused.push('unknown_project');
  }
  return { events, refused };
}

test.each([1, 2, 45, 1000, 5000])('%d events are exactly so many, counting a body that is none as one', (events) => {
  const made = messages({ events });

  expect(made.reduce((sum, message) => sum + message.events, 0)).toBe(events);
  for (const { body, events: claimed } of made) {
    const { events: good, refused } = outcome(body);
    expect(good.length + refused.length).toBe(claimed);
  }
});

test('the same seed gives the same messages, another one others', () => {
  expect(messages()).toEqual(messages());
  expect(messages({ seed: 2 })).not.toEqual(messages());
});

test('the standard run has every form, every kind of event and most ways to be no event', () => {
  const made = messages();
  const outcomes = made.map(({ body }) => outcome(body));
  const events = outcomes.flatMap((one) => one.events);

  expect(made.some(({ body }) => body.startsWith('{"v":1'))).toBe(true);
  expect(made.some(({ body, events: count }) => body.startsWith('H4sI') && count > 1)).toBe(true);
  expect(made.some(({ body }) => body.includes('process_event_with_plugins'))).toBe(true);
  expect(made.some(({ body }) => body.startsWith('{"uuid"'))).toBe(true);
  const names = new Set(events.map(({ event }) => event));
  for (const name of ['$pageview', '$autocapture', '$identify', '$snapshot', 'health check'])
    expect(names).toContain(name);
  expect(events.some(({ properties }) => properties === undefined)).toBe(true);
  expect(new Set(outcomes.flatMap(({ refused }) => refused)).size).toBeGreaterThanOrEqual(8);
  expect(new Set(events.map(({ uuid }) => uuid)).size).toBeGreaterThan(events.length * 0.5);
});

test('no bad message is an event', () => {
  const event = {
    uuid: 'u',
    event: 'e',
    distinct_id: 'd',
    team_id: DEMO_PROJECT.id,
    properties: { a: 'x'.repeat(200) },
  };

  for (const write of BAD_MESSAGES) {
    const { events, refused } = outcome(write(event));
    expect([write.toString(), events, refused.length]).toEqual([write.toString(), [], 1]);
  }
});

test('every body consists of characters that a queue takes', () => {
  const notAllowed = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

  for (const { body } of messages({ events: 3000 })) expect(notAllowed.exec(body)).toBeNull();
});
