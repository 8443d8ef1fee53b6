import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccountReader } from '../../local/demo/read-accounts.ts';
import { until } from '../local/processes.ts';
import { type FlowProject, installProject, packed } from '../support/flow-project.ts';
import { eventsIn, type FlowStack, startFlowStack, storyOf } from '../support/flow-stack.ts';

const EVENTS = 2000;
/** What is left of a batch when its process dies comes again after this, instead of the deployment's 78 s. */
const VISIBILITY_SECONDS = 4;

let flow: FlowStack;
let project: FlowProject;
beforeEach(async () => {
  flow = await startFlowStack();
  await flow.setVisibilityTimeout(VISIBILITY_SECONDS);
  project = await installProject(flow, [
    {
      // Slow enough that there is a middle to be killed in.
      name: 'slow dropper',
      code: `exports.processEvent = (event) => {
        const until = Date.now() + 1; while (Date.now() < until);
        return event.properties.n % 7 === 0 ? null : event;
      };`,
    },
  ]);
});
afterEach(() => flow[Symbol.asyncDispose]());

/** Events numbered from 1, alone or packed, some without `distinct_id`, every third without uuid. */
function messages(): { bodies: string[]; bad: number[]; dropped: number[] } {
  const numbers = Array.from({ length: EVENTS }, (_, index) => index + 1);
  const isBad = (n: number) => n % 50 === 1;
  const eventOf = (n: number) => {
    const { uuid, ...rest } = project.event({ properties: { n }, ...(isBad(n) ? { distinct_id: '' } : {}) });
    return n % 3 === 0 ? rest : { uuid, ...rest };
  };
  const bodies: string[] = [];
  for (let n = 1; n <= EVENTS; ) {
    const count = Math.min([1, 4, 9, 1, 20][bodies.length % 5] as number, EVENTS - n + 1);
    const events = numbers.slice(n - 1, n - 1 + count).map(eventOf);
    const plain = count === 1 ? JSON.stringify(events[0]) : packed(events);
    bodies.push(count === 20 ? gzipSync(plain).toString('base64') : plain);
    n += count;
  }
  const good = numbers.filter((n) => !isBad(n));
  return { bodies, bad: numbers.filter(isBad), dropped: good.filter((n) => n % 7 === 0) };
}

/** Sends all, kills `times` times while events arrive, and waits for the end. */
async function runWhileKilling(times: number, processToKill: () => number | undefined) {
  const { bodies, bad, dropped } = messages();
  const sending = flow.send(bodies);
  for (let kill = 1; kill <= times; kill++) {
    await until(
      `a share of the events has arrived before kill ${kill}`,
      () => eventsIn(flow.arrived.messages).length > kill * 300,
    );
    let target: number | undefined;
    await until('there is a process at work', () => (target = processToKill()) !== undefined);
    process.kill(target as number, 'SIGKILL');
  }
  await sending;
  await flow.settled();

  const accounts = createAccountReader();
  for (const line of flow.logLines) accounts.readLine(line);
  const arrived = eventsIn(flow.arrived.messages);
  const uuidsByNumber = Map.groupBy(arrived, ({ properties }) => properties?.['n'] as number);
  return {
    arrived,
    expected: { bad, dropped },
    /** Each number that arrived, with its different uuids. */
    uuids: new Map([...uuidsByNumber].map(([n, events]) => [n, new Set(events.map(({ uuid }) => uuid))])),
    dropped: accounts.sums().dropped.get(project.pluginConfigs[0] as number),
    deadLetters: new Set(
      flow.arrived.deadLetters.map(storyOf).map((story) => `${story['sourceMessageId']}:${story['position']}`),
    ),
  };
}

function expectNothingLost(result: Awaited<ReturnType<typeof runWhileKilling>>): void {
  const { uuids, dropped, deadLetters, expected } = result;
  const gone = new Set([...expected.bad, ...expected.dropped]);
  const missing = Array.from({ length: EVENTS }, (_, index) => index + 1).filter((n) => !gone.has(n) && !uuids.has(n));
  expect(missing).toEqual([]);
  expect([...uuids.keys()].filter((n) => gone.has(n))).toEqual([]);
  expect([...uuids].filter(([, different]) => different.size > 1)).toEqual([]);
  expect(dropped).toBe(expected.dropped.length);
  expect(deadLetters.size).toBe(expected.bad.length);
  const unique = new Set([...uuids.values()].flatMap((different) => [...different]));
  expect(unique.size + (dropped as number) + deadLetters.size).toBe(EVENTS);
}

const busyEnvironment = () => flow.processEvents.environments().find(({ state }) => state === 'busy')?.processId;

function childOf(processId: number | undefined): number | undefined {
  try {
    return readdirSync(`/proc/${processId}/task`)
      .flatMap((task) => readFileSync(`/proc/${processId}/task/${task}/children`, 'utf8').split(' '))
      .filter((id) => id !== '')
      .map(Number)[0];
  } catch {
    return undefined;
  }
}

describe('killed in the middle of 2,000 events', () => {
  it('the function’s process: sent = ingested + dropped + dead letters, and a repeat has the same uuid', {
    timeout: 60_000,
  }, async () => {
    const result = await runWhileKilling(2, busyEnvironment);

    expect(flow.logLines.filter((line) => line.includes('signal: killed'))).toHaveLength(2);
    expectNothingLost(result);
  });

  it('the plugin host’s child: the batch is run again at once, nothing is lost, and no plugin is blamed', {
    timeout: 60_000,
  }, async () => {
    const environments = new Set<number>();
    const result = await runWhileKilling(2, () => {
      const environment = busyEnvironment();
      if (environment !== undefined) environments.add(environment);
      return childOf(environment);
    });

    expectNothingLost(result);
    expect(result.arrived).toHaveLength(result.uuids.size);
    expect(flow.logLines.filter((line) => line.includes('signal: killed'))).toEqual([]);
    const alive = new Set(flow.processEvents.environments().map(({ processId }) => processId));
    expect([...environments].filter((id) => !alive.has(id))).toEqual([]);
    const blamed = await project.read(project.pluginConfigs[0] as number);
    expect(blamed).toMatchObject({ enabled: true });
    expect(blamed?.error).toBeUndefined();
  });
});
