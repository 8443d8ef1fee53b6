import { expect, test } from 'vitest';
import { createJobsPort } from '../../functions/jobs-port.ts';
import type { Job } from '../../shared/state/task.ts';

const NOW = 1_700_000_000_000;

function harness(current: number | null, limit = 3) {
  const added: Job[] = [];
  const refused: string[] = [];
  let ids = 0;
  const port = createJobsPort({
    store: { add: async (jobs) => void added.push(...jobs) },
    hops: { current: () => current, limit, onLimit: ({ name }) => void refused.push(name) },
    now: () => NOW,
    newId: () => `id-${++ids}`,
  });
  const enqueue = (...delays: number[]) =>
    port.enqueue(delays.map((delay) => ({ plugin: 7, name: `in ${delay}`, payload: '1', runAt: NOW + delay })));
  return { port, enqueue, added, refused };
}

test('jobs get ids of their own, and count from 0 when no job led to them', async () => {
  const { enqueue, added } = harness(null);

  await enqueue(0, 0);

  expect(added).toMatchObject([
    { kind: 'job', id: 'id-1', plugin: 7, payload: '1', runAt: NOW, hops: 0, retries: 0 },
    { id: 'id-2', hops: 0 },
  ]);
});

test('a job that another one led to at once counts one more, one that waits for a second counts from 0', async () => {
  const { enqueue, added } = harness(2);

  await enqueue(-5000, 999, 1000);

  expect(added.map(({ hops }) => hops)).toEqual([3, 3, 0]);
});

test('a job has the captures that led to it, unless it waits for a second', async () => {
  const { port, added } = harness(null);
  const job = { plugin: 7, name: 'x', captureHops: 4 };

  await port.enqueue([
    { ...job, runAt: NOW + 999 },
    { ...job, runAt: NOW + 1000 },
  ]);

  expect(added.map(({ hops, captureHops }) => [hops, captureHops])).toEqual([
    [0, 4],
    [0, undefined],
  ]);
});

test('beyond the limit a job is refused and told, the others are taken', async () => {
  const { enqueue, added, refused } = harness(3);

  await enqueue(0, 1000);

  expect([added.map(({ name }) => name), refused]).toEqual([['in 1000'], ['in 0']]);
});
