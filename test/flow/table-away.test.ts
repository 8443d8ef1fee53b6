import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestClock, type TestClock } from '../../local/time/test-clock.ts';
import type { Conductor } from '../faults/conductor.ts';
import type { FaultKind } from '../faults/fault-kinds.ts';
import { createFaultProxy } from '../faults/fault-proxy.ts';
import { functionNameOf, shortNamesOf } from '../faults/short-names.ts';
import { type FlowProject, installProject, packed } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

const MINUTE = 60_000;

let clock: TestClock;
let flow: FlowStack;
let project: FlowProject;
/** What happens to every request for plugins' state. */
let trouble: FaultKind | null;

beforeEach(async () => {
  clock = createTestClock();
  trouble = null;
  const meet: Conductor['meet'] = (_, { target }) => (target.startsWith('state:') ? trouble : null);
  const shortNames = new Map<string, string>();
  const standBetween = createFaultProxy({ conductor: { meet }, functionNameOf, shortNames });
  // The function has 13 s: less than the AWS client alone would try for.
  flow = await startFlowStack({}, { clock, standBetween });
  for (const [name, short] of shortNamesOf(flow.outputs)) shortNames.set(name, short);
  project = await installProject(flow, [
    {
      name: 'counting',
      code: `exports.processEvent = async (event, { cache }) => {
        event.properties = { ...event.properties, count: await cache.incr('seen') };
        return event;
      };`,
    },
  ]);
});
afterEach(() => flow[Symbol.asyncDispose]());

const counts = () => flow.arrived.messages.length;
const failedInvocations = () => flow.logLines.filter((line) => /Sandbox\.Timedout|Runtime\.ExitError/.test(line));

describe('while the table of plugins’ state', { timeout: 120_000 }, () => {
  it.each<FaultKind>(['is throttled', 'fails', 'times out', 'is refused'])(
    '%s, a batch is given back within its time, nothing of it goes on, and it is counted once when that is over',
    async (kind) => {
      await flow.run([packed([project.event()])]);
      trouble = kind;

      await flow.send([packed([project.event(), project.event()])]);
      await clock.settle();
      const meanwhile = counts();
      trouble = null;
      await clock.advance(5 * MINUTE);
      const outcome = await flow.run([packed([project.event()])]);

      expect(meanwhile).toBe(1);
      expect(failedInvocations()).toEqual([]);
      expect(flow.logLines.some((line) => /HostFailure|ChildDeath/.test(line))).toBe(true);
      expect(outcome.events.map(({ properties }) => properties?.['count'])).toEqual([4]);
    },
  );
});
