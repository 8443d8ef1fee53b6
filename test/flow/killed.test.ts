import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
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
  project = await installProject(flow, [
    {
      // Slow enough that there is a middle to be killed in.
      name: 'slow dropper',
      code: `exports.processEvent = (event) => {
        const until = Date.now() + 2; while (Date.now() < until);
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

/** Sends all, kills while events arrive, a process that is at work and each only once, until it is enough, and waits for the end. */
async function runWhileKilling(processToKill: () => number | undefined, isEnough: (kills: number) => boolean) {
  const { bodies, bad, dropped } = messages();
  const sending = flow.send(bodies);
  const killed = new Set<number>();
  while (!isEnough(killed.size)) {
    const share = (killed.size + 1) * 150;
    await until(`more than ${share} events have arrived`, () => eventsIn(flow.arrived.messages).length > share);
    await until('another process is at work', () => {
      const target = processToKill();
      if (target === undefined || killed.has(target)) return false;
      killed.add(target);
      return process.kill(target, 'SIGKILL');
    });
    // One that had answered already died in vain.
    await sleep(50);
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
    await flow.setVisibilityTimeout(VISIBILITY_SECONDS);

    const interrupted = () => flow.logLines.filter((line) => line.includes('signal: killed')).length;

    const result = await runWhileKilling(busyEnvironment, () => interrupted() >= 2);

    expectNothingLost(result);
  });

  it('the plugin host’s child: the batch is run again at once, nothing is lost, and no plugin is blamed', {
    timeout: 60_000,
  }, async () => {
    // Each in another environment: a child that dies again while the culprit is looked for does find one.
    const environments = new Set<number>();
    const childAtWork = () => {
      const environment = flow.processEvents
        .environments()
        .find(({ processId, state }) => state === 'busy' && !environments.has(processId))?.processId;
      const child = childOf(environment);
      if (environment !== undefined && child !== undefined) environments.add(environment);
      return child;
    };

    const result = await runWhileKilling(childAtWork, (kills) => kills === 2);

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

it('the plugin host’s child, killed while the function is frozen, is missed by nobody: the next batch has a new one', async () => {
  const first = await flow.run([JSON.stringify(project.event({ properties: { n: 1 } }))]);
  const [environment] = flow.processEvents.environments();
  const child = childOf(environment?.processId);
  process.kill(child as number, 'SIGKILL');

  const second = await flow.run([JSON.stringify(project.event({ properties: { n: 2 } }))]);

  expect([first.events.length, second.events.length]).toEqual([1, 1]);
  expect(flow.processEvents.environments()).toMatchObject([{ processId: environment?.processId }]);
  expect(childOf(environment?.processId)).not.toBe(child);
  expect((await project.read(project.pluginConfigs[0] as number))?.error).toBeUndefined();
});
