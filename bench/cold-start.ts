import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { addsThree } from './adds-three.ts';
import { type ChildFiles, createHandlerUnderTest } from './handler-under-test.ts';
import { packedBody } from './sample-events.ts';
import { median, round } from './statistics.ts';

/**
 * Wall time from nothing to the first event through a chain, milliseconds: start the plugin host's process from a bundle as it is deployed,
 * evaluate and set up so many plugins, run one event. What Lambda adds to start its sandbox is not in it.
 */
export async function measureColdStart(
  plugins: number,
  samples: number,
  progress: (text: string) => void,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'hoglet-bench-'));
  try {
    const child = await bundleChild(folder);
    const times: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      progress(`cold start with ${plugins} plugins: sample ${sample + 1} of ${samples}`);
      times.push(await coldStart(child, plugins, sample));
    }
    return round(median(times));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function coldStart(child: ChildFiles, plugins: number, sample: number): Promise<number> {
  const body = packedBody(sample, 1);
  const startedAt = performance.now();
  const hoglet = createHandlerUnderTest(
    Array.from({ length: plugins }, (_, index) => addsThree(index)),
    child,
  );
  await hoglet.handle([body]);
  const took = performance.now() - startedAt;
  await hoglet.stop();
  return took;
}

async function bundleChild(folder: string): Promise<ChildFiles> {
  const entry = join(folder, 'sandbox.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../shared/sandbox/main.ts')],
    outfile: entry,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  });
  return { entry, readablePaths: [folder] };
}
