interface HostMetric {
  unit: 'Count' | 'Milliseconds';
  functions: readonly string[];
  /** Also counted for each plugin config, with the dimension `pluginConfig`: always, instead of for the function alone, or not (absent). */
  perPluginConfig?: 'also' | 'only';
  meaning: string;
}

const PLUGIN_FUNCTIONS = ['process-events', 'deliver-events', 'retry-export', 'run-tasks'];
const BATCH_FUNCTIONS = ['process-events', 'deliver-events', 'run-tasks'];

/** Every metric that functions count themselves; docs/observability.md lists them. What plugins measure has names of its own. */
export const HOST_METRICS = {
  MessagesReceived: { unit: 'Count', functions: BATCH_FUNCTIONS, meaning: 'Messages that a batch had' },
  MessagesFailed: { unit: 'Count', functions: BATCH_FUNCTIONS, meaning: 'Those of them that come again' },
  BatchDuration: { unit: 'Milliseconds', functions: BATCH_FUNCTIONS, meaning: 'How long a batch took' },
  EventsReceived: { unit: 'Count', functions: ['process-events'], meaning: 'Events in acknowledged messages' },
  EventsIngested: { unit: 'Count', functions: ['process-events'], meaning: 'Events that went on to `ingestion`' },
  EventsDropped: {
    unit: 'Count',
    functions: ['process-events'],
    perPluginConfig: 'also',
    meaning: 'Events that a plugin dropped',
  },
  EventsDeadLettered: {
    unit: 'Count',
    functions: ['process-events'],
    meaning: 'Events that became dead letters, each by itself',
  },
  HookFailures: {
    unit: 'Count',
    functions: ['process-events', 'deliver-events'],
    perPluginConfig: 'also',
    meaning: 'Calls for one event that threw or took too long; per plugin config in process-events only',
  },
  EventsDelivered: {
    unit: 'Count',
    functions: ['deliver-events'],
    meaning: 'Events in acknowledged messages of `deliveries`',
  },
  EventsExported: { unit: 'Count', functions: ['deliver-events'], meaning: 'Events that `exportEvents` took' },
  EventsWaitingForRetry: {
    unit: 'Count',
    functions: ['deliver-events'],
    meaning: 'Events that `exportEvents` is given again later',
  },
  EventsNotExported: {
    unit: 'Count',
    functions: ['deliver-events'],
    meaning: 'Events that `exportEvents` failed with for good: dead letters',
  },
  TasksScheduled: {
    unit: 'Count',
    functions: ['schedule-tasks'],
    meaning: 'Scheduled tasks that a tick asked for',
  },
  TasksRun: { unit: 'Count', functions: ['run-tasks'], meaning: 'Jobs and scheduled tasks that ran' },
  TasksFailed: { unit: 'Count', functions: ['run-tasks'], meaning: 'Those of them that threw or took too long' },
  TasksSkipped: {
    unit: 'Count',
    functions: ['run-tasks'],
    meaning: 'Messages that came twice, and ticks that nobody waits for',
  },
  TasksPostponed: {
    unit: 'Count',
    functions: ['run-tasks'],
    meaning: 'Tasks that could not be run yet, and come again',
  },
  JobsRetried: { unit: 'Count', functions: ['run-tasks'], meaning: 'Jobs that threw RetryError and run again' },
  JobsGivenUp: { unit: 'Count', functions: ['run-tasks'], meaning: 'Jobs that threw RetryError too often' },
  JobsDropped: {
    unit: 'Count',
    functions: ['run-tasks'],
    meaning: 'Jobs of plugin configs that are disabled or gone',
  },
  JobHopLimitReached: {
    unit: 'Count',
    functions: ['run-tasks'],
    meaning: 'Jobs that were refused because they led to one another at once too often',
  },
  EventsCaptured: {
    unit: 'Count',
    functions: PLUGIN_FUNCTIONS,
    perPluginConfig: 'only',
    meaning: 'Events that plugins captured: they are in the queue `events` now',
  },
  CaptureHopLimitReached: {
    unit: 'Count',
    functions: PLUGIN_FUNCTIONS,
    meaning: 'Captured events that were refused because captures led to one another too often',
  },
  JobsDispatched: {
    unit: 'Count',
    functions: ['dispatch-jobs'],
    meaning: 'Jobs that were sent from the table to the queue',
  },
  JobsDispatchedLateBy: {
    unit: 'Milliseconds',
    functions: ['dispatch-jobs'],
    meaning: 'How late the first of them was; 0 when none was',
  },
  ObjectsSeen: { unit: 'Count', functions: ['sweep-state'], meaning: 'Large values and job payloads in the bucket' },
  ObjectsRemoved: { unit: 'Count', functions: ['sweep-state'], meaning: 'Those of them that nobody needed any more' },
  RefusedConnections: {
    unit: 'Count',
    functions: PLUGIN_FUNCTIONS,
    perPluginConfig: 'only',
    meaning: 'Connections that plugins asked for and did not get; `unknown` when nobody knows whose it was',
  },
  LifecycleEventsLost: {
    unit: 'Count',
    functions: PLUGIN_FUNCTIONS,
    meaning: 'Lifecycle events that the bus did not take in time; each is a line of the log',
  },
  PluginLogLinesNotKept: {
    unit: 'Count',
    functions: PLUGIN_FUNCTIONS,
    meaning: 'Log lines that are in CloudWatch only: there were too many, or the table did not take them in time',
  },
  PluginMetricsNotKept: {
    unit: 'Count',
    functions: PLUGIN_FUNCTIONS,
    meaning: 'Plugin configs whose counts of this hour wait for the next batch: the table did not take them in time',
  },
} as const satisfies Record<string, HostMetric>;

export type HostMetricName = keyof typeof HOST_METRICS;
