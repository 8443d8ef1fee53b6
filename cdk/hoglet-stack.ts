import type { IStackSynthesizer } from 'aws-cdk-lib';
import { CfnOutput, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Admin } from './admin.ts';
import { AssetsBucket } from './assets-bucket.ts';
import { CheckUpdates } from './check-updates.ts';
import { DeliverEvents } from './deliver-events.ts';
import { DispatchJobs } from './dispatch-jobs.ts';
import { ExportRetry } from './export-retry.ts';
import { LifecycleBus } from './lifecycle-bus.ts';
import { visibilityTimeoutSeconds } from './plugin-function-times.ts';
import { ProcessEvents } from './process-events.ts';
import { QueueWithDeadLetters } from './queue-with-dead-letters.ts';
import { RegistryTable } from './registry-table.ts';
import { RunTasks } from './run-tasks.ts';
import { ScheduleTasks } from './schedule-tasks.ts';
import { SecretsKey } from './secrets-key.ts';
import type { Settings } from './settings.ts';
import { StateTable } from './state-table.ts';
import { SweepState } from './sweep-state.ts';
import { TasksQueue } from './tasks-queue.ts';

/** Everything Hoglet owns in an account, one construct per part. */
export class HogletStack extends Stack {
  readonly processEvents: ProcessEvents;
  readonly deliverEvents: DeliverEvents;
  readonly runTasks: RunTasks;
  readonly dispatchJobs: DispatchJobs;
  readonly scheduleTasks: ScheduleTasks;
  readonly sweepState: SweepState;
  readonly checkUpdates: CheckUpdates | undefined;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, {
      stackName: settings.stackName,
      description: 'Hoglet: PostHog plugins, run serverless',
      // The CDK CLI checks the bootstrap version itself, so the template carries resources and nothing else.
      synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) as IStackSynthesizer,
    });

    const events = new QueueWithDeadLetters(this, 'Events', {
      name: `${settings.stackName}-events`,
      visibilityTimeoutSeconds: visibilityTimeoutSeconds(settings.processEvents),
      maxReceiveCount: settings.processEvents.maxReceiveCount,
    });
    const ingestion = new QueueWithDeadLetters(this, 'Ingestion', {
      name: `${settings.stackName}-ingestion`,
      ...settings.ingestion,
    });
    const deliveries = new QueueWithDeadLetters(this, 'Deliveries', {
      name: `${settings.stackName}-deliveries`,
      visibilityTimeoutSeconds: visibilityTimeoutSeconds(settings.deliverEvents),
      maxReceiveCount: settings.deliverEvents.maxReceiveCount,
    });
    const tasks = new TasksQueue(this, 'Tasks', settings);
    const registry = new RegistryTable(this, 'Registry');
    const state = new StateTable(this, 'State');
    const assets = new AssetsBucket(this, 'Assets');
    const secretsKey = new SecretsKey(this, 'SecretsKey');
    const lifecycle = new LifecycleBus(this, 'Lifecycle', settings);

    const surroundings = { settings, events, tasks, registry, state, assets, secretsKey, lifecycle };
    this.processEvents = new ProcessEvents(this, 'ProcessEvents', { ...surroundings, ingestion, deliveries });
    const exportRetry = new ExportRetry(this, 'ExportRetry', { ...surroundings, deliveries });
    this.deliverEvents = new DeliverEvents(this, 'DeliverEvents', { ...surroundings, deliveries, exportRetry });
    this.runTasks = new RunTasks(this, 'RunTasks', surroundings);
    this.dispatchJobs = new DispatchJobs(this, 'DispatchJobs', { settings, tasks, state });
    this.scheduleTasks = new ScheduleTasks(this, 'ScheduleTasks', { settings, tasks, registry, state });
    this.sweepState = new SweepState(this, 'SweepState', { settings, state, assets });

    const admin = settings.adminApi ? new Admin(this, 'Admin', { ...surroundings, ingestion, deliveries }) : undefined;
    // It is the admin API that shows what it finds.
    this.checkUpdates = admin && new CheckUpdates(this, 'CheckUpdates', surroundings);

    const outputs = {
      EventsQueueUrl: events.queue.queueUrl,
      EventsDeadLetterQueueUrl: events.deadLetters.queueUrl,
      IngestionQueueUrl: ingestion.queue.queueUrl,
      IngestionDeadLetterQueueUrl: ingestion.deadLetters.queueUrl,
      DeliveriesQueueUrl: deliveries.queue.queueUrl,
      DeliveriesDeadLetterQueueUrl: deliveries.deadLetters.queueUrl,
      TasksQueueUrl: tasks.queue.queueUrl,
      TasksDeadLetterQueueUrl: tasks.deadLetters.queueUrl,
      RegistryTableName: registry.table.tableName,
      StateTableName: state.table.tableName,
      AssetsBucketName: assets.bucket.bucketName,
      SecretsKeyArn: secretsKey.secret.secretArn,
      ExportRetryStateMachineArn: exportRetry.stateMachine.stateMachineArn,
      LifecycleBusName: lifecycle.bus.eventBusName,
      LifecycleLogGroupName: lifecycle.logGroup.logGroupName,
      ...(admin === undefined ? {} : { AdminUrl: admin.url }),
    };
    for (const [name, value] of Object.entries(outputs)) output(this, name, value);
  }
}

function output(stack: Stack, name: string, value: string): CfnOutput {
  return new CfnOutput(stack, name, { value });
}
