import { addsThree } from './adds-three.ts';
import { createHandlerUnderTest } from './handler-under-test.ts';
import { packedBody } from './sample-events.ts';
import { median, round } from './statistics.ts';

const PLUGINS = 10;

/**
 * Wall time from nothing to the first event through a chain of ten: start the plugin host's process, evaluate and set up
 * the plugins, run one event. What Lambda adds to start its sandbox is not in it.
 */
export async function measureColdStart(samples: number, progress: (text: string) => void): Promise<number> {
  const times: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    progress(`cold start: sample ${sample + 1} of ${samples}`);
    const body = packedBody(sample, 1);
    const startedAt = performance.now();
    const hoglet = createHandlerUnderTest(Array.from({ length: PLUGINS }, (_, index) => addsThree(index)));
    await hoglet.handle([body]);
    times.push(performance.now() - startedAt);
    await hoglet.stop();
  }
  return round(median(times));
}
