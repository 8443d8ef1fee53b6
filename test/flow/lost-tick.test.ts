import { expect, it } from 'vitest';
import { createTestClock } from '../../local/time/test-clock.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { createToldTicks } from '../../shared/state/told-ticks.ts';
import type { Conductor } from '../faults/conductor.ts';
import { createFaultProxy } from '../faults/fault-proxy.ts';
import { functionNameOf, shortNamesOf } from '../faults/short-names.ts';
import { installProject } from '../support/flow-project.ts';
import { startFlowStack } from '../support/flow-stack.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

it('a scheduled task whose tick was lost, because schedule-tasks failed for ten minutes, runs when it works again', {
  timeout: 120_000,
}, async () => {
  const clock = createTestClock({ startAt: Math.ceil(Date.now() / HOUR) * HOUR - 5 * MINUTE });
  let isAway = false;
  const meet: Conductor['meet'] = (name, { operation }) =>
    isAway && name === 'schedule-tasks' && operation === 'SendMessageBatch' ? 'is refused' : null;
  const shortNames = new Map<string, string>();
  await using flow = await startFlowStack(
    {},
    { clock, standBetween: createFaultProxy({ conductor: { meet }, functionNameOf, shortNames }) },
  );
  for (const [name, short] of shortNamesOf(flow.outputs)) shortNames.set(name, short);
  await installProject(flow, [{ name: 'hourly', code: `exports.runEveryHour = () => console.log('ran');` }]);
  const runs = () => flow.logLines.filter((line) => line.includes('"message":"ran"')).length;

  const aws = createAwsClients(flow.place);
  const ticks = createToldTicks({ ...aws, table: flow.outputs['StateTableName'] as string });
  await ticks.remember('runEveryHour', Math.floor(clock.now() / HOUR) * HOUR);
  aws.destroy();

  isAway = true;
  await clock.advance(18 * MINUTE);
  const whileAway = runs();
  isAway = false;
  await clock.advance(5 * MINUTE);

  expect([whileAway, runs()]).toEqual([0, 1]);
});
