import { Construct } from 'constructs';
import { consumeQueue } from './consume-queue.ts';
import { type PluginSurroundings, pluginFunction } from './plugin-function.ts';

/** The function that runs jobs and scheduled tasks of plugins. */
export class RunTasks extends Construct {
  constructor(scope: Construct, id: string, props: PluginSurroundings) {
    super(scope, id);
    const { settings, tasks, assets } = props;
    const row = settings.runTasks;

    const fn = pluginFunction(this, 'Function', {
      ...props,
      row,
      description: 'Runs jobs and scheduled tasks of plugins, one at a time per plugin config and name',
      entry: 'functions/run-tasks/run-tasks.lambda.ts',
      environment: { HOGLET_JOB_HOP_LIMIT: String(row.jobHopLimit) },
    });
    assets.grantJobPayloads(fn, ['s3:GetObject', 's3:DeleteObject']);
    consumeQueue(this, 'TasksMapping', { fn, queue: tasks, row });
  }
}
