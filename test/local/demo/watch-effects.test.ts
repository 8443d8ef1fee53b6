import { expect, test } from 'vitest';
import { startDemoSink } from '../../../local/demo/demo-sink.ts';
import { watchEffects } from '../../../local/demo/watch-effects.ts';

const NAMES = new Map([
  ['a', '$pageview'],
  ['b', 'signed up'],
  ['c', '$snapshot'],
]);
const ingested = {
  ingestedUuids: (isFit: (name: string) => boolean) =>
    [...NAMES].flatMap(([uuid, name]) => (isFit(name) ? [uuid] : [])),
  repeated: 1,
};
const post = (url: string, body: unknown) => fetch(url, { method: 'POST', body: JSON.stringify(body) });

/** What plugins do, minute by minute; then nothing more. */
async function watch(minutes: ((sink: Awaited<ReturnType<typeof startDemoSink>>) => Promise<unknown>)[]) {
  await using sink = await startDemoSink(1);
  const leap = async () => void (await minutes.shift()?.(sink));
  return await watchEffects({ sink, leap, signal: new AbortController().signal }, ingested);
}

test('time passes until a refused export was taken, the job has run and the count was reported', async () => {
  const effects = await watch([
    ({ urls }) => post(urls.exports, [{ uuid: 'a' }, { uuid: 'b' }]),
    ({ urls }) => post(urls.exports, [{ uuid: 'a' }, { uuid: 'b' }]),
    ({ urls }) => Promise.all([post(urls.followUps, { uuid: 'b' }), post(urls.counts, { events: 2 })]),
  ]);

  expect(effects).toEqual({
    exporter: { exported: 2, missing: 0, refused: 1 },
    jobs: { followedUp: 1, missing: 0 },
    tasks: { reports: 1 },
    counter: { counted: 2, events: 2, repeated: 1 },
    minutes: 3,
    right: true,
  });
});

test.each([
  ['too few', 1, false],
  ['all', 2, true],
  ['one more, which was run again', 3, true],
  ['more than were run again', 4, false],
])('a count of %s is told from a right one', async (_, events, right) => {
  const effects = await watch([
    ({ urls }) => post(urls.exports, []),
    ({ urls }) =>
      Promise.all([post(urls.exports, [{ uuid: 'a' }, { uuid: 'b' }]), post(urls.followUps, { uuid: 'b' })]),
    ({ urls }) => post(urls.counts, { events }),
  ]);

  expect(effects.right).toBe(right);
});

test('what never comes is counted as missing', async () => {
  const effects = await watch([({ urls }) => post(urls.counts, { events: 2 })]);

  expect(effects).toMatchObject({ exporter: { missing: 2 }, jobs: { missing: 1 }, minutes: 30, right: false });
});
