import { runInThisContext } from 'node:vm';
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
const WARM_UP_BATCHES = 40;

type ProcessEvent = (event: { properties?: Record<string, unknown> }) => Promise<unknown>;

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
  const bodies = Array.from({ length: BATCHES_PER_SAMPLE }, (_, batch) =>
    packedBody(batch * EVENTS_PER_BATCH, EVENTS_PER_BATCH),
  );
  const hoglet = createHandlerUnderTest(Array.from({ length: plugins }, (_, index) => addsThree(index)));
  const direct = Array.from({ length: plugins }, (_, index) => evaluateHere(addsThree(index)));
  const events = BATCHES_PER_SAMPLE * EVENTS_PER_BATCH;
  try {
    for (let batch = 0; batch < WARM_UP_BATCHES; batch++) {
      const body = bodies[batch % bodies.length] as string;
      await floor([body], direct);
      await hoglet.handle([body]);
    }
    const floors: number[] = [];
    const hoglets: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      progress(`chain of ${plugins}: sample ${sample + 1} of ${samples}`);
      const beforeFloor = process.cpuUsage();
      await floor(bodies, direct);
      floors.push(microseconds(process.cpuUsage(beforeFloor)) / events);

      const before = process.cpuUsage();
      const childBefore = hoglet.childCpuMicroseconds();
      for (const body of bodies) await hoglet.handle([body]);
      hoglets.push((microseconds(process.cpuUsage(before)) + hoglet.childCpuMicroseconds() - childBefore) / events);
    }
    const ratios = hoglets.map((value, index) => value / (floors[index] as number));
    return {
      plugins,
      floorMicros: round(median(floors)),
      hogletMicros: round(median(hoglets)),
      ratio: round(median(ratios)),
    };
  } finally {
    await hoglet.stop();
  }
}

async function floor(bodies: string[], plugins: ProcessEvent[]): Promise<number> {
  let bytes = 0;
  for (const body of bodies) {
    const { events } = JSON.parse(body) as { events: { properties?: Record<string, unknown> }[] };
    for (const event of events) {
      for (const processEvent of plugins) await processEvent(event);
    }
    bytes += JSON.stringify({ v: 1, events }).length;
  }
  return bytes;
}

/** The plugin as its author writes it. */
export function addsThree(index: number): string {
  return `exports.processEvent = async function processEvent(event) {
    event.properties = event.properties || {};
    event.properties.plugin_${index}_text = 'added';
    event.properties.plugin_${index}_number = ${index};
    event.properties.plugin_${index}_flag = true;
    return event;
  };`;
}

/** The same text, evaluated in this realm. */
function evaluateHere(code: string): ProcessEvent {
  const exports: { processEvent?: ProcessEvent } = {};
  (runInThisContext(`(function (exports) { ${code} })`) as (exports: object) => void)(exports);
  return exports.processEvent as ProcessEvent;
}

function microseconds({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}
