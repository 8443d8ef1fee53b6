import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LIBRARY } from '../../../../shared/sandbox/meta/posthog-capture.ts';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function captured(body: string, plugin = {}) {
  const { plugin: id, batch, result } = await run(body, { plugin });
  const last = host.memory.captured.at(-1);
  return { id, batch, result, last, event: JSON.parse(last?.event ?? 'null') as Record<string, never> };
}

test('posthog.capture makes a whole event of the plugin’s project', async () => {
  const { id, last, event, result } = await captured(
    `return typeof (await posthog.capture('sent', { distinct_id: 'user-9', price: 5 }))`,
  );

  expect(result).toBe('undefined');
  expect(last).toMatchObject({ plugin: id, teamId: 1, uuid: event['uuid'] });
  expect(event).toEqual({
    uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    team_id: 1,
    event: 'sent',
    distinct_id: 'user-9',
    ip: null,
    site_url: null,
    now: expect.stringMatching(ISO) as string,
    sent_at: event['now'],
    timestamp: event['now'],
    properties: { ...LIBRARY, distinct_id: 'user-9', price: 5 },
  });
});

test.each([
  ['the plugin’s name as distinct id', `posthog.capture('e')`, { distinct_id: 'Shop' }, { name: 'Shop' }],
  [
    'the plugin config’s id where the plugin has no name',
    `posthog.capture('e')`,
    { distinct_id: 'plugin-id-77' },
    { id: 77, name: '' },
  ],
  [
    'a timestamp out of the properties',
    `posthog.capture('e', { timestamp: '2020-01-01T00:00:00Z' })`,
    { timestamp: '2020-01-01T00:00:00Z' },
    {},
  ],
  [
    'a timestamp as it is, whatever it is',
    `posthog.capture('e', { timestamp: 'notatime' })`,
    { timestamp: 'notatime' },
    {},
  ],
  ['properties over the library’s', `posthog.capture('e', { $lib: 'mine' })`, { properties: { $lib: 'mine' } }, {}],
  [
    'team_id and uuid among the properties as nothing but properties',
    `posthog.capture('e', { team_id: 5, uuid: 'u' })`,
    { team_id: 1, properties: { team_id: 5, uuid: 'u' } },
    {},
  ],
  ['a distinct id that is a number as text', `posthog.capture('e', { distinct_id: 5 })`, { distinct_id: '5' }, {}],
])('posthog.capture takes %s', async (_, body, expected, plugin) => {
  const { event } = await captured(body, plugin);

  expect(event).toMatchObject(expected);
});

test('an event that no message could carry is refused, with what is allowed, and one that just fits is captured', async () => {
  const { result } = await captured(
    `const text = (length) => 'é'.repeat(length / 2);
    await posthog.capture('fits', { text: text(899_000) });
    await posthog.capture('too large', { text: text(900_000) });`,
  );

  expect(result).toMatch(
    /^Error: The event "too large" has 900\d\d\d bytes as JSON; at most 900000 can be captured\. Leave out properties/,
  );
  expect(host.memory.captured.at(-1)).toMatchObject({ name: 'fits', hops: 1 });
});

test('captures that nobody awaits are sent together before the batch ends', async () => {
  const from = host.memory.calls.length;

  await run(`posthog.capture('a'); posthog.capture('b')`, { events: 3 });

  expect(host.memory.calls.slice(from)).toEqual([{ service: 'capture', count: 6 }]);
});

test('a plugin can capture in setupPlugin', async () => {
  await run(`return 1`, { before: `exports.setupPlugin = () => { posthog.capture('set up') };` });

  expect(host.memory.captured.at(-1)?.event).toContain('"event":"set up"');
});

test('captures that the parent does not have fail in the plugin; unawaited, they are recorded', async () => {
  const without = createPluginCalls({}, ({ cache, warn }) => ({ cache, warn }));

  const { batch } = await without.run(`posthog.capture('a')`);

  await without.host.stop();
  expect(batch.errors).toMatchObject([
    { plugin: 1, last: { message: 'Not available here: posthog.capture. This function has no "capture" service.' } },
  ]);
});

test('captures that the parent could not queue keep the batch from being acknowledged', async () => {
  const capture = () => Promise.reject(new Error('The queue is away'));
  const failing = createPluginCalls({}, (memory) => ({ ...memory, captures: { capture } }));

  const running = failing.run(`await posthog.capture('a')`);

  await expect(running).rejects.toThrow('The queue is away');
  await failing.host.stop();
});

test('$lib_version is the version of package.json', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8');

  expect(LIBRARY.$lib_version).toBe((JSON.parse(text) as { version: string }).version);
});
