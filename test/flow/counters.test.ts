import { expect, it } from 'vitest';
import { installProject, packed } from '../support/flow-project.ts';
import { eventsIn, startFlowStack } from '../support/flow-stack.ts';

const INCREMENTS = 1000;
const PER_MESSAGE = 25;
const PROCESSES = 4;

it('1,000 increments of one key from four function processes at once give 1 to 1,000, each exactly once', {
  timeout: 150_000,
}, async () => {
  await using flow = await startFlowStack({
    // One message per invocation: there are always more than four to be run.
    'processEvents.batchSize': 1,
    'processEvents.maxConcurrency': PROCESSES,
    'processEvents.hookTimeoutSeconds': 10,
  });
  const project = await installProject(flow, [
    {
      name: 'counter',
      // A process that was done before the others have started would leave nothing to be counted at once.
      code: `exports.setupPlugin = ({ global }) => { global.process = String(Math.random()); };
        exports.processEvent = async (event, { cache, global }) => {
          const until = Date.now() + 4; while (Date.now() < until);
          event.properties = { count: await cache.incr('counted'), process: global.process };
          return event;
        };`,
    },
  ]);

  await flow.send(
    Array.from({ length: INCREMENTS / PER_MESSAGE }, () =>
      packed(Array.from({ length: PER_MESSAGE }, () => project.event())),
    ),
  );
  await flow.settled(100);

  const events = eventsIn(flow.arrived.messages);

  const counts = events.map(({ properties }) => properties?.['count'] as number);
  expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: INCREMENTS }, (_, index) => index + 1));
  const byProcess = Map.groupBy(events, ({ properties }) => properties?.['process']);
  const spans = [...byProcess.values()].map((ofOne) => {
    const own = ofOne.map(({ properties }) => properties?.['count'] as number);
    return { first: Math.min(...own), last: Math.max(...own), count: own.length };
  });
  expect(spans).toHaveLength(PROCESSES);
  // None of them counted all of its own in a row: others did in between.
  expect(spans.filter(({ first, last, count }) => last - first + 1 === count)).toEqual([]);
});
