import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import type { RegistryTable } from './registry-table.ts';
import type { Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';
import type { TasksQueue } from './tasks-queue.ts';

export interface ScheduleTasksProps {
  settings: Settings;
  tasks: TasksQueue;
  registry: RegistryTable;
  state: StateTable;
}

/** Reading a registry of some thousand plugin configs takes a second. */
const MEMORY_MEGABYTES = 256;
const TIMEOUT_SECONDS = 60;

/** What plugins export, and when it is asked for, UTC. */
const SCHEDULES = {
  runEveryMinute: 'cron(* * * * ? *)',
  runEveryHour: 'cron(0 * * * ? *)',
  runEveryDay: 'cron(0 0 * * ? *)',
};

/** The function that asks for scheduled tasks of plugins, and the rule of each schedule. */
export class ScheduleTasks extends Construct {
  readonly rules: Rule[];

  constructor(scope: Construct, id: string, { settings, tasks, registry, state }: ScheduleTasksProps) {
    super(scope, id);
    const fn = lambdaFunction(this, 'Function', {
      description: 'Asks for the scheduled tasks of plugins, each minute, hour and day',
      entry: 'functions/schedule-tasks/schedule-tasks.lambda.ts',
      memoryMegabytes: MEMORY_MEGABYTES,
      timeoutSeconds: TIMEOUT_SECONDS,
      logRetentionDays: settings.logRetentionDays,
      environment: { HOGLET_LOG_LEVEL: settings.logLevel },
    });
    registry.grantRead(fn);
    state.grantScheduleTasks(fn);
    tasks.grantSend(fn, 'HOGLET_TASKS_QUEUE_URL');
    this.rules = Object.entries(SCHEDULES).map(
      ([hook, expression]) =>
        new Rule(this, hook.replace('run', ''), {
          description: `Asks for ${hook} of plugins`,
          schedule: Schedule.expression(expression),
          targets: [new LambdaFunction(fn, { event: RuleTargetInput.fromObject({ hook }) })],
        }),
    );
  }
}
