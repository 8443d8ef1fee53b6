import { runInThisContext } from 'node:vm';
import { addsThree } from './adds-three.ts';
import { packedBody } from './sample-events.ts';

/**
 * The least that could be done, in a process of its own so that neither side pays for the other's garbage: parse, call directly, stringify.
 * Started with the number of plugins, batches and events per batch; answers each message with the CPU per event of one sample.
 */
const [plugins, batches, eventsPerBatch] = process.argv.slice(2).map(Number) as [number, number, number];

type ProcessEvent = (event: object) => Promise<unknown>;

const chain = Array.from({ length: plugins }, (_, index) => evaluateHere(addsThree(index)));
const bodies = Array.from({ length: batches }, (_, batch) => packedBody(batch * eventsPerBatch, eventsPerBatch));

process.on('message', () => {
  void sample().then((microsPerEvent) => process.send?.(microsPerEvent));
});

async function sample(): Promise<number> {
  const before = process.cpuUsage();
  let bytes = 0;
  for (const body of bodies) {
    const { events } = JSON.parse(body) as { events: object[] };
    for (const event of events) {
      for (const processEvent of chain) await processEvent(event);
    }
    bytes += JSON.stringify({ v: 1, events }).length;
  }
  const { user, system } = process.cpuUsage(before);
  if (bytes === 0) throw new Error('Nothing was written');
  return (user + system) / (batches * eventsPerBatch);
}

/** The same text as in the plugin host, evaluated in this realm. */
function evaluateHere(code: string): ProcessEvent {
  const exports: { processEvent?: ProcessEvent } = {};
  (runInThisContext(`(function (exports) { ${code} })`) as (exports: object) => void)(exports);
  return exports.processEvent as ProcessEvent;
}
