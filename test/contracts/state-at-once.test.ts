import { expect, test } from 'vitest';
import { type FreshState, onAws, runCache, runStorage } from './state-implementations.ts';

const aws = onAws();

/** Four processes with one plugin config. */
function four(): [FreshState, FreshState, FreshState, FreshState] {
  const { plugin } = aws.fresh();
  const process = () => ({ ...aws.fresh(), plugin });
  return [process(), process(), process(), process()];
}

const timesFrom = (count: number, first = 1) => Array.from({ length: count }, (_, index) => index + first);

test('1,000 increments from four processes at once give 1 to 1,000, each once', async () => {
  const processes = four();

  const answers = await Promise.all(
    processes.map(async (process) => {
      const ofProcess: unknown[] = [];
      const workers = timesFrom(5).map(async () => {
        for (const _ of timesFrom(50))
          ofProcess.push(...(await runCache(process, { op: 'increment', key: 'a', by: 1 })));
      });
      await Promise.all(workers);
      return ofProcess as number[];
    }),
  );

  expect(answers.flat().toSorted((one, other) => one - other)).toEqual(timesFrom(1000));
});

test('increments of a key that has just expired begin anew once, not once per process', async () => {
  const processes = four();
  await runCache(processes[0], { op: 'set', key: 'a', value: '500', expiresInSeconds: 10 });
  for (const process of processes) process.pass(11_000);

  const answers = await Promise.all(
    processes.map((process) => runCache(process, { op: 'increment', key: 'a', by: 1 })),
  );

  expect(new Set(answers.flat())).toEqual(new Set([1, 2, 3, 4]));
});

test('cursors that are not whole are exact when four processes add at once', async () => {
  const processes = four();

  await Promise.all(
    processes.map(async (process) => {
      for (const _ of timesFrom(10)) await runStorage(process, { op: 'increment', key: 'a', by: 0.5 });
    }),
  );

  expect(await runStorage(processes[0], { op: 'increment', key: 'a', by: 1 })).toEqual([21]);
});

test('what four processes push and pop at once is popped once or still there, whole pushes together', {
  timeout: 30_000,
}, async () => {
  const processes = four();
  const popped: string[] = [];
  const padding = 'x'.repeat(600);

  await Promise.all(
    processes.map(async (process, id) => {
      for (const round of timesFrom(12)) {
        const elements = timesFrom(5).map((index) => `${id}.${round}.${index}${padding}`);
        await runCache(process, { op: 'lpush', key: 'a', elements });
        const [some] = await runCache(process, { op: 'lpop', key: 'a', count: 3 });
        popped.push(...((some as string[] | null) ?? []));
        await runCache(process, { op: 'expire', key: 'a', seconds: 1000 + round });
      }
    }),
  );

  const [left, length] = await runCache(
    processes[1],
    { op: 'lrange', key: 'a', start: 0, end: -1 },
    { op: 'llen', key: 'a' },
  );
  const everything = [...popped, ...(left as string[])];
  const pushed = processes.flatMap((_, id) =>
    timesFrom(12).flatMap((round) => timesFrom(5).map((index) => `${id}.${round}.${index}${padding}`)),
  );
  expect(everything.toSorted()).toEqual(pushed.toSorted());
  expect([popped.length, length]).toEqual([144, 96]);
  // What is left of one push lies side by side, in its order.
  const [ids, sorted] = [left, left].map((list) =>
    (list as string[]).map((element) => element.split('x')[0] as string),
  );
  for (const id of new Set(sorted?.map((element) => element.slice(0, element.lastIndexOf('.'))))) {
    const places = (ids as string[]).flatMap((element, index) => (element.startsWith(`${id}.`) ? [index] : []));
    expect(places).toEqual(timesFrom(places.length, places[0]));
  }
});

test('who reads a list while others change it sees it as it was at one time', { timeout: 30_000 }, async () => {
  const [writer, reader] = four();
  const block = (round: number) => timesFrom(20).map((index) => `${round}.${index}${'y'.repeat(400)}`);
  await runCache(writer, { op: 'lpush', key: 'a', elements: block(0) });
  const writing = { goesOn: true };

  const write = async () => {
    for (const round of timesFrom(25)) {
      await runCache(
        writer,
        { op: 'lpop', key: 'a', count: 20 },
        { op: 'lpush', key: 'a', elements: block(round) },
        { op: 'lpush', key: 'a', elements: block(round) },
      );
      await runCache(writer, { op: 'lrem', key: 'a', count: 20, element: `${round}.7${'y'.repeat(400)}` });
    }
    writing.goesOn = false;
  };
  const read = async () => {
    let reads = 0;
    for (; writing.goesOn; reads++) {
      const [elements] = (await runCache(reader, { op: 'lrange', key: 'a', start: 0, end: -1 })) as [string[]];
      const [newest] = elements[0]?.split('.') ?? [];
      const ofNewest = elements.filter((element) => element.startsWith(`${newest}.`)).length;
      expect([20, 40, 38]).toContain(ofNewest);
    }
    return reads;
  };

  const [, reads] = await Promise.all([write(), read()]);
  expect(reads).toBeGreaterThan(3);
});

test('a list of 100,000 elements is pushed, read, searched and popped, without rewriting it on each push', {
  timeout: 20_000,
}, async () => {
  const calls: { name: string; bytes: number }[] = [];
  const state = aws.fresh((command, send) => {
    calls.push({ name: command.constructor.name, bytes: JSON.stringify(command.input).length });
    return send();
  });
  const element = (index: number) => `element number ${index}`;

  for (let start = 0; start < 100_000; start += 1000) {
    const elements = timesFrom(1000, start).map(element);
    expect(await runCache(state, { op: 'lpush', key: 'a', elements })).toEqual([start + 1000]);
  }

  const pushed = timesFrom(100_000, 0).reduce((sum, index) => sum + element(index).length + 3, 0);
  const sent = calls.reduce((sum, { bytes }) => sum + bytes, 0);
  // Each element is sent about five times: once, and again with each doubling of its chunk from 24 KB to 256 KB.
  expect(sent / pushed).toBeLessThan(6);

  calls.length = 0;
  const single = timesFrom(20).map((index) => `single ${index}`);
  for (const one of single) await runCache(state, { op: 'lpush', key: 'a', elements: [one] });
  expect(Math.max(...calls.map(({ bytes }) => bytes))).toBeLessThan(5000);
  expect(calls).toHaveLength(40);

  const [all, length, some, last] = await runCache(
    state,
    { op: 'lrange', key: 'a', start: 20, end: -1 },
    { op: 'llen', key: 'a' },
    { op: 'lrange', key: 'a', start: 50_000, end: 50_001 },
    { op: 'lrange', key: 'a', start: -1, end: -1 },
  );
  expect(all).toEqual(timesFrom(100_000, 0).map((index) => element(99_999 - index)));
  expect([length, some, last]).toEqual([100_020, [element(50_019), element(50_018)], [element(0)]]);

  expect(await runCache(state, { op: 'lrem', key: 'a', count: 0, element: element(777) })).toEqual([1]);
  const [popped] = await runCache(state, { op: 'lpop', key: 'a', count: 99_000 });
  expect(popped).toHaveLength(99_000);
  expect(await runCache(state, { op: 'llen', key: 'a' })).toEqual([1019]);
});
