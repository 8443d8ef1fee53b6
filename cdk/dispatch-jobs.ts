import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';
import type { TasksQueue } from './tasks-queue.ts';

export interface DispatchJobsProps {
  settings: Settings;
  tasks: TasksQueue;
  state: StateTable;
}

/** It only moves items to the queue, a hundred a second and more. */
const MEMORY_MEGABYTES = 256;
/** The next minute goes on where this one has ended: longer than a minute only when there is a backlog. */
const TIMEOUT_SECONDS = 120;

/** The function that sends jobs to the queue when they are due soon, and the rule that has it look each minute. */
export class DispatchJobs extends Construct {
  readonly rule: Rule;

  constructor(scope: Construct, id: string, { settings, tasks, state }: DispatchJobsProps) {
    super(scope, id);
    const fn = lambdaFunction(this, 'Function', {
      description: 'Sends jobs that are due within five minutes to the queue of tasks',
      entry: 'functions/dispatch-jobs/dispatch-jobs.lambda.ts',
      memoryMegabytes: MEMORY_MEGABYTES,
      timeoutSeconds: TIMEOUT_SECONDS,
      logRetentionDays: settings.logRetentionDays,
      environment: { HOGLET_LOG_LEVEL: settings.logLevel },
    });
    // Nothing is made up for by trying again: the next minute does the same, and more.
    fn.configureAsyncInvoke({ retryAttempts: 0 });
    state.grantDispatchJobs(fn);
    tasks.grantSend(fn, 'HOGLET_TASKS_QUEUE_URL');
    this.rule = new Rule(this, 'EveryMinute', {
      description: 'Has jobs that are due soon sent to the queue of tasks',
      schedule: Schedule.expression('cron(* * * * ? *)'),
      targets: [new LambdaFunction(fn)],
    });
  }
}
