import { expect, test } from 'vitest';
import { createScheduleTasks } from '../../../functions/schedule-tasks/index.ts';
import type { QueueMessage } from '../../../shared/aws/group-messages.ts';
import type { PluginConfig } from '../../../shared/registry/plugin-config.ts';
import { readTask } from '../../../shared/state/task.ts';

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

function harness(configs: PluginConfig[], { changedMinutesAgo = 60, unsent = 0 } = {}) {
  const sent: QueueMessage[] = [];
  const run = createScheduleTasks({
    registry: { readAll: async () => ({ version: 3, projects: [], pluginConfigs: configs }) },
    changes: { firstSeen: async () => NOW - changedMinutesAgo * MINUTE },
    send: async (messages) => {
      sent.push(...messages);
      return messages.slice(0, unsent);
    },
    report: () => {},
    now: () => NOW,
  });
  return {
    run,
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
