import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it, onTestFinished } from 'vitest';
import { createTestClock } from '../../local/time/test-clock.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { createRegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistryWriter } from '../../shared/registry/registry-writer.ts';
import { until } from '../local/processes.ts';
import { installProject } from '../support/flow-project.ts';
import type { FlowStack } from '../support/flow-stack.ts';
import { startTestStack } from '../support/local-stack.ts';
import { minuteRulesOf } from '../support/schedules.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = 30;

it('a month of a plugin’s tasks passes in seconds: each hour, each day, and each minute of its last hour once', {
  timeout: 600_000,
}, async () => {
  const problems: string[] = [];
  const said: { word: string; at: number }[] = [];
  const start = Math.ceil(Date.now() / DAY) * DAY - 10 * MINUTE;
  const clock = createTestClock({ startAt: start, patienceMilliseconds: 180_000 });
  const stack = await startTestStack({ clock, onProblem: (problem) => void problems.push(problem) });
  const aws = createAwsClients(stack);
  onTestFinished(async () => {
    aws.destroy();
    await stack.stop();
  });
  stack.onLogLine(({ line }) => {
    if (!/^\{.*"source":"CONSOLE"/.test(line)) return;
    const { message, timestamp } = JSON.parse(line) as { message: string; timestamp: string };
    said.push({ word: message, at: Date.parse(timestamp) });
  });
  const times = (word: string) => said.filter((one) => one.word === word).map(({ at }) => at - start - 10 * MINUTE);
  const output = (name: string) => stack.outputs[name] as string;
  const place = { ...aws, table: output('RegistryTableName'), bucket: output('AssetsBucketName') };
  const registry = { ...createRegistryWriter({ ...place, now: clock.now }), ...createRegistryReader(place) };
  await installProject({ registry } as FlowStack, [
    {
      name: 'timely',
      code: `exports.runEveryMinute = () => console.log('minute');
        exports.runEveryHour = () => console.log('hour');
        exports.runEveryDay = async ({ storage }) => {
          await storage.set('days', (await storage.get('days', 0)) + 1);
          console.log('day');
        };`,
    },
  ]);
  const minutes = await minuteRulesOf(stack);
  // By the time of the first midnight it is known what the plugin exports.
  await clock.advance(5 * MINUTE);
  await minutes.switchOff();
  await clock.advance(5 * MINUTE + DAYS * DAY - HOUR);
  await minutes.switchOn('ScheduleTasks');
  const before = said.length;
  await clock.advance(HOUR - MINUTE);
  await until('the last tasks have told', () => said.length >= before + 57);

  expect(times('day').map((at) => Math.round(at / DAY))).toEqual(Array.from({ length: DAYS }, (_, day) => day));
  expect(times('hour').map((at) => Math.round(at / HOUR))).toEqual(
    Array.from({ length: DAYS * 24 }, (_, hour) => hour),
  );
  const lastHour = times('minute').filter((at) => at > DAYS * DAY - HOUR - MINUTE);
  expect(lastHour.length).toBeGreaterThanOrEqual(57);
  expect(lastHour.length).toBeLessThanOrEqual(60);
  expect(problems).toEqual([]);
  const { Items = [] } = await aws.dynamodb.send(new ScanCommand({ TableName: output('StateTableName') }));
  expect(Items.filter(({ sk, holder }) => sk === 'lease' && holder !== undefined)).toEqual([]);
  expect(Items.find(({ pk }) => String(pk).endsWith('#days'))).toMatchObject({ count: DAYS });
});
