import { randomUUID } from 'node:crypto';
import { JOB_PAYLOADS_PREFIX } from '../../../shared/state/job-payload-key.ts';
import type { FlowPlugin } from '../../support/flow-project.ts';
import type { Outcome } from '../outcome.ts';
import { judgeCount } from '../promises.ts';
import type { Run, Scenario } from '../scenario.ts';
import { send } from '../send.ts';

const MINUTE = 60_000;
/** Above what a message carries inline. */
const HEAVY_CHARACTERS = 200_000;

const working: FlowPlugin = {
  name: 'working',
  code: `
    const told = (name, config, more) =>
      fetch(config.url + '/ran', { method: 'POST', body: JSON.stringify({ name, ...more }) });
    exports.processEvent = async (event, { jobs }) => {
      await jobs.quick({}).runNow();
      await jobs.later({}).runAt(event.properties.later);
      await jobs.heavy({ text: 'x'.repeat(${HEAVY_CHARACTERS}) }).runNow();
      await jobs.stubborn({}).runNow();
      return event;
    };
    exports.jobs = {
      quick: (_, { config }) => told('quick', config),
      later: (_, { config }) => told('later', config),
      heavy: ({ text }, { config }) => told('heavy', config, { characters: text.length }),
      stubborn: async (_, { config, cache }) => {
        if ((await cache.incr('tries')) < 2) throw new RetryError('not yet');
        await told('stubborn', config);
      },
    };`,
};

interface Ran {
  name: string;
  characters?: number;
}

/** Jobs made by a plugin: one for now, one that waits in the table, one with a large payload, one that asks to be tried again. */
export const jobs: Scenario<null> = {
  name: 'jobs',
  functions: ['run-tasks', 'dispatch-jobs', 'process-events'],
  only: /^(?:run-tasks|dispatch-jobs) | tasks | state:jobs| assets:job-payloads/,
  projects: [[working]],
  begins: 'warm',
  async act({ world, projects: [project] }: Run) {
    // Plugins have the machine's time, which is long past.
    const later = new Date(world.clock.now() + 20 * MINUTE).toISOString();
    const event = project?.event({ uuid: randomUUID(), properties: { later } });
    await send(world, 'EventsQueueUrl', [JSON.stringify(event)]);
    // The dispatcher is late, as after an outage, and not so late that the job is.
    await world.clock.advance(17 * MINUTE);
    await world.setRules(['DispatchJobs']);
    await world.clock.advance(2.5 * MINUTE);
    await world.setRules([]);
    await world.clock.advance(10 * MINUTE);
    return null;
  },
  judge(_, outcome, { world }) {
    const ran = (outcome.received.get('/ran') ?? []) as Ran[];
    const repeats = outcome.repeats('run-tasks') + outcome.repeats('process-events');
    const times = (name: string) => ran.filter((one) => one.name === name).length;
    const incomplete = ran.filter(({ name, characters }) => name === 'heavy' && characters !== HEAVY_CHARACTERS);
    return [
      ...['quick', 'later', 'heavy', 'stubborn'].flatMap((name) =>
        judgeCount(`the number of runs of "${name}"`, times(name), 1, repeats),
      ),
      ...(incomplete.length === 0 ? [] : ['a job got a payload that is not whole']),
      ...leftOver(outcome, world.clock.now()),
      ...(hasWaited(world) ? [] : ['the job for later did not wait in the table']),
      ...(![...outcome.objects.keys()].some((key) => key.startsWith(JOB_PAYLOADS_PREFIX)) || mayLeavePayload(world)
        ? []
        : ['a payload was not taken away']),
    ];
  },
};

function hasWaited({ conductor }: Run['world']): boolean {
  return conductor
    .steps()
    .some(({ functionName, operation }) => functionName === 'dispatch-jobs' && operation === 'SendMessageBatch');
}

/** One whose job could not be stored stays (ADR 11), and taking one away is tried once for each message about the job. */
function mayLeavePayload({ conductor }: Run['world']): boolean {
  const { step, kind } = conductor.struck() ?? {};
  return step?.functionName === 'process-events' || (step?.operation === 'DeleteObject' && !kind?.startsWith('killed'));
}

/** A lease that is over is nobody's; a job that has been sent is in no table. */
export function leftOver({ state }: Outcome, now: number): string[] {
  const held = state.filter(({ sk, until }) => sk === 'lease' && Number(until ?? 0) > now);
  const waiting = state.filter(({ pk }) => /^jobs#\d/.test(String(pk)));
  return [
    ...(held.length === 0 ? [] : [`${held.length} leases are still held`]),
    ...(waiting.length === 0 ? [] : [`${waiting.length} jobs are still in the table`]),
  ];
}

/** The same, by a function that has to load the plugins first. */
export const coldJobs: Scenario = {
  ...(jobs as Scenario),
  name: 'cold jobs',
  functions: ['run-tasks', 'dispatch-jobs'],
  begins: 'cold',
  only: /^run-tasks .*(?: registry:| assets:code| lambda\.)/,
};
