import { expect, test } from 'vitest';
import { createScheduleTasks } from '../../../functions/schedule-tasks/index.ts';
import type { QueueMessage } from '../../../shared/aws/group-messages.ts';
import type { PluginConfig } from '../../../shared/registry/plugin-config.ts';
import { readTask, type ScheduledHook } from '../../../shared/state/task.ts';

const NOW = Date.parse('2030-01-01T12:34:56Z');
const MINUTE = 60_000;

const config = (id: number, more: Partial<PluginConfig> = {}): PluginConfig => ({
  id,
  teamId: 1,
  plugin: { id, name: 'p', codeHash: 'c0de' },
  enabled: true,
  revision: 1,
  order: 1,
  config: {},
  attachments: {},
  capabilities: { methods: [], jobs: [], scheduledTasks: [] },
  ...more,
});
const exporting = (...scheduledTasks: string[]) => ({ capabilities: { methods: [], jobs: [], scheduledTasks } });

function harness(
  configs: PluginConfig[],
  {
    changedMinutesAgo = 60,
    unsent = 0,
    now = NOW,
    told = {},
  }: { changedMinutesAgo?: number; unsent?: number; now?: number; told?: Partial<Record<ScheduledHook, number>> } = {},
) {
  const sent: QueueMessage[] = [];
  const run = createScheduleTasks({
    registry: { readAll: async () => ({ version: 3, projects: [], pluginConfigs: configs }) },
    changes: { firstSeen: async () => now - changedMinutesAgo * MINUTE },
    send: async (messages) => {
      sent.push(...messages);
      return messages.slice(0, unsent);
    },
    ticks: {
      last: async () => told,
      remember: async (hook, tick) => void (told[hook] = tick),
    },
    report: () => {},
    now: () => now,
  });
  return {
    run,
    told,
    tasks: () => sent.map(({ body }) => readTask(body)),
    ids: () => sent.map(({ group }) => Number(group)),
  };
}

test('enabled plugin configs that export the task are asked for it, with the tick that it is', async () => {
  const { run, tasks } = harness([
    config(1, exporting('runEveryMinute', 'runEveryHour')),
    config(2, exporting('runEveryDay')),
    config(3, { ...exporting('runEveryHour'), enabled: false }),
  ]);

  await run({ hook: 'runEveryHour' });

  const tick = Date.parse('2030-01-01T12:00:00Z');
  expect(tasks()).toEqual([{ kind: 'schedule', plugin: 1, hook: 'runEveryHour', tick }]);
});

test('one that was never loaded, or waits to be set up, is asked as well', async () => {
  const { capabilities: _, ...unknown } = config(1);
  const { run, ids } = harness([unknown, config(2, { setup: { revision: 1, made: 1, nextAt: 0 } }), config(3)]);

  await run({ hook: 'runEveryMinute' });

  expect(ids()).toEqual([1, 2]);
});

test('for some minutes after a change all are asked, since an upgraded plugin may export more than before', async () => {
  const news = harness([config(1), config(2, { enabled: false })], { changedMinutesAgo: 4 });
  const old = harness([config(1)], { changedMinutesAgo: 5 });

  await news.run({ hook: 'runEveryDay' });
  await old.run({ hook: 'runEveryDay' });

  expect([news.ids(), old.ids()]).toEqual([[1], []]);
});

test('what could not be sent fails the invocation, which is then repeated', async () => {
  const { run } = harness([config(1, exporting('runEveryDay'))], { unsent: 1 });

  await expect(run({ hook: 'runEveryDay' })).rejects.toThrow('1 of 1 tasks could not be sent');
});

test('a tick of the hour or the day that was lost is made up for by that of a minute, once', async () => {
  const day = Date.parse('2030-01-01T00:00:00Z');
  const configs = [config(1, exporting('runEveryMinute', 'runEveryHour', 'runEveryDay'))];
  const hooks = async (minutes: number, told: Partial<Record<ScheduledHook, number>>) => {
    const { run, tasks } = harness(configs, { now: day + minutes * MINUTE, told });
    await run({ hook: 'runEveryMinute' });
    return tasks().map((task) => task?.kind === 'schedule' && [task.hook, new Date(task.tick).toISOString()]);
  };
  const told = { runEveryHour: day - 60 * MINUTE, runEveryDay: day - 1440 * MINUTE };

  const early = await hooks(9, told);
  const late = await hooks(10, told);
  const again = await hooks(11, told);
  const never = await hooks(10, {});

  const minute = (at: string) => ['runEveryMinute', `2030-01-01T${at}:00.000Z`];
  expect(early).toEqual([minute('00:09')]);
  expect(late).toEqual([
    minute('00:10'),
    ['runEveryHour', '2030-01-01T00:00:00.000Z'],
    ['runEveryDay', '2030-01-01T00:00:00.000Z'],
  ]);
  expect([again, never]).toEqual([[minute('00:11')], [minute('00:10')]]);
});

test('a tick that could not be sent is not remembered as told', async () => {
  const { run, told } = harness([config(1, exporting('runEveryHour'))], { unsent: 1 });

  await run({ hook: 'runEveryHour' }).catch(() => {});

  expect(told).toEqual({});
});
