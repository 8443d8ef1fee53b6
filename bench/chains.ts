import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { addsThree } from './adds-three.ts';
import { createHandlerUnderTest } from './handler-under-test.ts';
import { packedBody } from './sample-events.ts';
import { median, round } from './statistics.ts';

export interface ChainResult {
  plugins: number;
  /** CPU per event of the least that could be done: parse, direct calls, stringify, in one realm. */
  floorMicros: number;
  /** CPU per event of the real handler and plugin host, both processes together. */
  hogletMicros: number;
  ratio: number;
}

const EVENTS_PER_BATCH = 500;
const BATCHES_PER_SAMPLE = 20;
const WARM_UP_SAMPLES = 3;

/** Measures chains of these lengths, floor and Hoglet in turn so that the machine's drift hits both alike; medians. */
export async function measureChains(
  lengths: number[],
  samples: number,
  progress: (text: string) => void,
): Promise<ChainResult[]> {
  const results: ChainResult[] = [];
  for (const plugins of lengths) results.push(await measureChain(plugins, samples, progress));
  return results;
}

async function measureChain(plugins: number, samples: number, progress: (text: string) => void): Promise<ChainResult> {
  const floor = startFloor(plugins);
  const hoglet = startHoglet(plugins);
  try {
    for (let sample = 0; sample < WARM_UP_SAMPLES; sample++) {
      await floor.sample();
      await hoglet.sample();
    }
    const floors: number[] = [];
    const hoglets: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      progress(`chain of ${plugins}: sample ${sample + 1} of ${samples}`);
      floors.push(await floor.sample());
      hoglets.push(await hoglet.sample());
    }
    const ratios = hoglets.map((value, index) => value / (floors[index] as number));
    return {
      plugins,
      floorMicros: round(median(floors)),
      hogletMicros: round(median(hoglets)),
      ratio: round(median(ratios)),
    };
  } finally {
    floor.stop();
    await hoglet.stop();
  }
}

function startFloor(plugins: number) {
  const child = fork(
    join(import.meta.dirname, 'floor-process.ts'),
    [plugins, BATCHES_PER_SAMPLE, EVENTS_PER_BATCH].map(String),
  );
  return {
    async sample(): Promise<number> {
      const answer = once(child, 'message');
      child.send('sample');
      return ((await answer) as [number])[0];
    },
    stop: () => void child.kill(),
  };
}

function startHoglet(plugins: number) {
  const bodies = Array.from({ length: BATCHES_PER_SAMPLE }, (_, batch) =>
    packedBody(batch * EVENTS_PER_BATCH, EVENTS_PER_BATCH),
  );
  const hoglet = createHandlerUnderTest(Array.from({ length: plugins }, (_, index) => addsThree(index)));
  return {
    async sample(): Promise<number> {
      const before = process.cpuUsage();
      const childBefore = hoglet.childCpuMicroseconds();
      for (const body of bodies) await hoglet.handle([body]);
      const { user, system } = process.cpuUsage(before);
      return (user + system + hoglet.childCpuMicroseconds() - childBefore) / (BATCHES_PER_SAMPLE * EVENTS_PER_BATCH);
    },
    stop: () => hoglet.stop(),
  };
}
