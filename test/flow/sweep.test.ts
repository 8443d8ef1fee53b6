import { expect, it, onTestFinished } from 'vitest';
import { createTestClock } from '../../local/time/test-clock.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { createObjectBucket } from '../../shared/aws/object-bucket.ts';
import { jobPayloadKey } from '../../shared/state/job-payload-key.ts';
import { until } from '../local/processes.ts';
import { installProject, packed } from '../support/flow-project.ts';
import { startFlowStack } from '../support/flow-stack.ts';
import { minuteRulesOf } from '../support/schedules.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

it('what a plugin has left behind in the bucket is gone within two days, what it still has stays', {
  timeout: 120_000,
}, async () => {
  // Half an hour before a sweep, for which nothing is old enough yet: the next one comes a day later.
  const clock = createTestClock({ startAt: Math.ceil(Date.now() / DAY) * DAY + 3 * HOUR });
  await using flow = await startFlowStack({ 'processEvents.hookTimeoutSeconds': 10 }, { clock });
  const { place, outputs, logLines, metrics } = flow;
  await (await minuteRulesOf(place)).switchOff();
  const project = await installProject(flow, [
    {
      name: 'hoarder',
      code: `exports.processEvent = async (event, { cache }) => {
        const { key, length } = event.properties;
        if (length) await cache.set(key, 'x'.repeat(length));
        else event.properties.found = (await cache.get(key, '')).length;
        return event;
      };`,
    },
  ]);
  const run = (...properties: object[]) =>
    flow.run([packed(properties.map((each) => project.event({ properties: each })))]);
  const clients = createAwsClients(place);
  onTestFinished(() => clients.destroy());
  const bucket = createObjectBucket(clients.s3, outputs['AssetsBucketName'] as string);
  const objects = async (prefix: string) => {
    let count = 0;
    for await (const _ of bucket.list(prefix)) count++;
    return count;
  };

  await run({ key: 'kept', length: 1_000_000 }, { key: 'replaced', length: 1_000_000 });
  await run({ key: 'replaced', length: 10 });
  await bucket.put(jobPayloadKey({ plugin: 1, runAt: clock.now() - 50 * DAY, id: 'over' }), 'x');
  await bucket.put(jobPayloadKey({ plugin: 1, runAt: clock.now() + 50 * DAY, id: 'waits' }), 'x');
  const before = [await objects('values/'), await objects('job-payloads/')];
  await clock.advance(DAY + HOUR);
  await until('the sweep has told', () => metrics.sum('Hoglet', 'ObjectsRemoved') >= 2);

  expect(before).toEqual([2, 2]);
  expect([await objects('values/'), await objects('job-payloads/')]).toEqual([1, 1]);
  expect(logLines.some((line) => line.includes('1 of 2 objects were of no use any more and are gone'))).toBe(true);
  const { events: after } = await run({ key: 'kept' }, { key: 'replaced' });
  expect(after.map(({ properties }) => properties?.['found'])).toEqual([1_000_000, 10]);
});
