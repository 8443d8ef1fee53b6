import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJobRuns } from '../../shared/state/job-runs.ts';
import { createRegistryChanges } from '../../shared/state/registry-changes.ts';
import { createTaskLeases } from '../../shared/state/task-leases.ts';
import { createToldTicks } from '../../shared/state/told-ticks.ts';
import { startTestTable, type TestTable } from '../support/dynamodb.ts';

let database: TestTable;
beforeAll(async () => {
  database = await startTestTable();
});
afterAll(() => database[Symbol.asyncDispose]());

let plugins = 0;

function freeLease() {
  let time = 1_700_000_000_000;
  const leases = createTaskLeases({ ...database, now: () => time });
  const key = { plugin: ++plugins, hook: `job \u0000 ${'long '.repeat(1000)}` };
  return { leases, key, pass: (milliseconds: number) => void (time += milliseconds), now: () => time };
}

test('of many who ask for a lease at once, one gets it', async () => {
  const { leases, key } = freeLease();

  const got = await Promise.all(Array.from({ length: 10 }, (_, index) => leases.acquire(key, `holder ${index}`)));

  expect(got.filter((lease) => lease !== null)).toEqual([{ lastRun: null }]);
});

test('tasks of other plugin configs and of other names have leases of their own', async () => {
  const { leases, key } = freeLease();
  await leases.acquire(key, 'one');

  expect(await leases.acquire({ ...key, plugin: ++plugins }, 'two')).not.toBeNull();
  expect(await leases.acquire({ ...key, hook: 'job other' }, 'two')).not.toBeNull();
});

test('a holder that is gone loses its lease after 30 seconds, one that renews it keeps it', async () => {
  const { leases, key, pass } = freeLease();
  await leases.acquire(key, 'one');

  pass(29_000);
  const early = await leases.acquire(key, 'two');
  const renewed = await leases.renew(key, 'one');
  pass(29_000);
  const stillHeld = await leases.acquire(key, 'two');
  pass(2000);
  const late = await leases.acquire(key, 'two');

  expect([early, renewed, stillHeld, late]).toEqual([null, true, null, { lastRun: null }]);
  expect(await leases.renew(key, 'one')).toBe(false);
});

test('whoever asks again after a lost answer has the lease', async () => {
  const { leases, key } = freeLease();
  await leases.acquire(key, 'one');

  expect(await leases.acquire(key, 'one')).not.toBeNull();
});

test('a lease that is given back is free, and tells of the last run', async () => {
  const { leases, key, now } = freeLease();
  await leases.acquire(key, 'one');
  await leases.release(key, 'one', { endedAt: now(), tick: 60_000 });

  const next = await leases.acquire(key, 'two');
  await leases.release(key, 'two');
  const afterNoRun = await leases.acquire(key, 'three');

  expect([next, afterNoRun]).toEqual(Array.from({ length: 2 }, () => ({ lastRun: { endedAt: now(), tick: 60_000 } })));
});

test('who has lost a lease cannot give it back for the one who has it now', async () => {
  const { leases, key, pass, now } = freeLease();
  await leases.acquire(key, 'slow');
  pass(31_000);
  await leases.acquire(key, 'quick');

  await leases.release(key, 'slow', { endedAt: now(), tick: 60_000 });

  expect(await leases.acquire(key, 'third')).toBeNull();
});

test('each attempt of a job is remembered by itself', async () => {
  const runs = createJobRuns({ ...database, now: () => 1_700_000_000_000 });

  await runs.add({ id: 'a', retries: 0 }, false);
  await runs.add({ id: 'a', retries: 1 }, true);

  const found = await Promise.all([0, 1, 2].map((retries) => runs.find({ id: 'a', retries })));
  expect(found).toEqual([{ isOver: false }, { isOver: true }, null]);
});

test('ticks that were told are remembered by schedule, the latest of each', async () => {
  const ticks = createToldTicks(database);
  const before = await ticks.last();

  await ticks.remember('runEveryHour', 2000);
  await ticks.remember('runEveryHour', 1000);
  await ticks.remember('runEveryDay', 500);

  expect([before, await ticks.last()]).toEqual([{}, { runEveryHour: 2000, runEveryDay: 500 }]);
});

test('all who see a version of the registry agree on when it was seen first', async () => {
  let time = 1000;
  const changes = () => createRegistryChanges({ ...database, now: () => time });
  const own = changes();

  const first = await own.firstSeen(1);
  time = 2000;
  const again = [await own.firstSeen(1), await changes().firstSeen(1)];

  expect([first, ...again, await own.firstSeen(2)]).toEqual([1000, 1000, 1000, 2000]);
});
