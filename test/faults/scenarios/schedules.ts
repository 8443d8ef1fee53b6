import type { FlowPlugin } from '../../support/flow-project.ts';
import { judgeCount } from '../promises.ts';
import type { Run, Scenario } from '../scenario.ts';
import { leftOver } from './jobs.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

const HOOKS = ['runEveryMinute', 'runEveryHour', 'runEveryDay'];

const timely: FlowPlugin = {
  name: 'timely',
  code: HOOKS.map(
    (hook) => `exports.${hook} = ({ config }) => fetch(config.url + '/${hook}', { method: 'POST', body: '{}' });`,
  ).join('\n'),
};

/** The rules' ticks around midnight: four of the minute, one of the hour and one of the day. */
export const schedules: Scenario<null> = {
  name: 'schedules',
  functions: ['schedule-tasks', 'run-tasks'],
  projects: [[timely]],
  begins: 'warm',
  async act({ world }: Run) {
    const { clock } = world;
    await clock.advance(DAY - (clock.now() % DAY) - 1.5 * MINUTE);
    await world.setRules(['ScheduleTasks']);
    await clock.advance(4 * MINUTE);
    await world.setRules([]);
    await clock.advance(8 * MINUTE);
    return null;
  },
  judge(_, outcome, { world }) {
    const times = (hook: string) => (outcome.received.get(`/${hook}`) ?? []).length;
    const repeats = outcome.repeats('run-tasks');
    return [
      ...['runEveryHour', 'runEveryDay'].flatMap((hook) => judgeCount(hook, times(hook), 1, repeats)),
      // The tick at which something happens may be made up for by the next one only.
      ...(times('runEveryMinute') >= 3 ? [] : [`runEveryMinute ran ${times('runEveryMinute')} times of 4`]),
      ...leftOver(outcome, world.clock.now()),
    ];
  },
};
