import { randomUUID } from 'node:crypto';
import { deleteObject } from '../../shared/aws/delete-object.ts';
import { readObject } from '../../shared/aws/read-object.ts';
import { createJobRuns } from '../../shared/state/job-runs.ts';
import { createTaskLeases, RENEW_EVERY_MILLISECONDS } from '../../shared/state/task-leases.ts';
import { createPluginRuntime } from '../plugin-runtime.ts';
import type { Configuration } from './configuration.ts';
import { holdLeases } from './hold-leases.ts';
import { createRunTasks } from './index.ts';
import { createPostpone } from './postpone.ts';
import { createTaskReporter } from './report-tasks.ts';
import { createRunRound } from './run-round.ts';
import { createRunningHops } from './running-hops.ts';
import { createSortTasks } from './sort-tasks.ts';

/** Puts run-tasks together; the parameters are as in `PluginRuntimeOptions`. */
export function wireRunTasks(
  configuration: Configuration,
  environment: Record<string, string | undefined>,
  sandboxEntry: string,
) {
  const hops = createRunningHops();
  const runtime = createPluginRuntime({
    functionName: 'run-tasks',
    configuration,
    environment,
    sandboxEntry,
    jobHops: { current: hops.current, limit: configuration.HOGLET_JOB_HOP_LIMIT },
  });
  const { clients, jobsStore, sendTo, warn, measure, writeMetricLine, now } = runtime;
  const inTable = { dynamodb: clients.dynamodb, table: configuration.HOGLET_STATE_TABLE, now };
  const leases = createTaskLeases(inTable);
  const bucket = configuration.HOGLET_ASSETS_BUCKET;
  const parts = {
    ...runtime,
    hops,
    store: jobsStore,
    jobRuns: createJobRuns(inTable),
    postpone: createPostpone(sendTo(configuration.HOGLET_TASKS_QUEUE_URL)),
    readPayload: async (key: string) => Buffer.from(await readObject(clients.s3, bucket, key)).toString('utf8'),
    deletePayload: (key: string) =>
      deleteObject(clients.s3, bucket, key).catch((error: Error) => warn(error.message, { key })),
    reportMetrics: measure,
  };
  return runtime.endable(
    createRunTasks({
      ...parts,
      holdLeases: () => holdLeases({ leases, holder: randomUUID(), every, warn }, RENEW_EVERY_MILLISECONDS),
      sortTasks: createSortTasks(parts),
      runRound: createRunRound(parts),
      report: createTaskReporter(writeMetricLine, now),
    }),
  );
}

function every(milliseconds: number, work: () => void): () => void {
  const timer = setInterval(work, milliseconds);
  return () => clearInterval(timer);
}
