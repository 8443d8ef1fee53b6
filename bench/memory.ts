import { readFileSync } from 'node:fs';
import { addsThree } from './adds-three.ts';
import { createHandlerUnderTest } from './handler-under-test.ts';
import { packedBody } from './sample-events.ts';

export interface MemoryResult {
  events: number;
  /** Resident memory of both processes after the first half and at the end, MiB: the highest of ten readings each. */
  halfwayMegabytes: { handler: number; pluginHost: number };
  endMegabytes: { handler: number; pluginHost: number };
  /** End over halfway, both processes together. About 1 is flat. */
  growth: number;
}

const EVENTS_PER_BATCH = 500;
const PLUGINS = 10;

/** Runs many events through a chain of ten and watches what both processes keep. */
export async function measureMemory(events: number, progress: (text: string) => void): Promise<MemoryResult> {
  const hoglet = createHandlerUnderTest(Array.from({ length: PLUGINS }, (_, index) => addsThree(index)));
  const batches = events / EVENTS_PER_BATCH;
  const read = () => ({
    handler: residentMegabytes(process.pid),
    pluginHost: residentMegabytes(hoglet.childProcessId()),
  });
  const readings: ReturnType<typeof read>[] = [];
  try {
    for (let batch = 0; batch < batches; batch++) {
      await hoglet.handle([packedBody(batch * EVENTS_PER_BATCH, EVENTS_PER_BATCH)]);
      if (batch % 10 === 9) progress(`memory: ${(batch + 1) * EVENTS_PER_BATCH} of ${events} events`);
      readings.push(read());
    }
  } finally {
    await hoglet.stop();
  }
  const peak = (some: ReturnType<typeof read>[]) => ({
    handler: Math.max(...some.map(({ handler }) => handler)),
    pluginHost: Math.max(...some.map(({ pluginHost }) => pluginHost)),
  });
  const half = readings.length >> 1;
  const [halfwayMegabytes, endMegabytes] = [peak(readings.slice(half - 10, half)), peak(readings.slice(-10))];
  const sum = ({ handler, pluginHost }: { handler: number; pluginHost: number }) => handler + pluginHost;
  return {
    events,
    halfwayMegabytes,
    endMegabytes,
    growth: Math.round((sum(endMegabytes) / sum(halfwayMegabytes)) * 100) / 100,
  };
}

function residentMegabytes(processId: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
