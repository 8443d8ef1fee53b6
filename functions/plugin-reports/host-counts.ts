/** What functions count about each plugin config, for the history; docs/observability.md lists them. All are sums. */
export const HOST_COUNTS = {
  EventsSeen: {
    functions: ['process-events'],
    meaning: 'Events that came to `processEvent`; those without a `HookFailures` succeeded, dropped ones included',
  },
  EventsDropped: { functions: ['process-events'], meaning: 'Those of them that it dropped' },
  EventsDelivered: {
    functions: ['deliver-events'],
    meaning: 'Events that came to `onEvent`, `onSnapshot`, `composeWebhook` or `exportEvents`',
  },
  HookFailures: {
    functions: ['process-events', 'deliver-events'],
    meaning: 'Calls for one event that threw or took too long; exports have metrics of their own',
  },
  TasksRun: { functions: ['run-tasks'], meaning: 'Jobs and scheduled tasks that ran' },
  TasksFailed: { functions: ['run-tasks'], meaning: 'Those of them that threw or took too long' },
  EventsCaptured: {
    functions: ['process-events', 'deliver-events', 'retry-export', 'run-tasks'],
    meaning: 'Events that it captured',
  },
  RefusedConnections: {
    functions: ['process-events', 'deliver-events', 'retry-export', 'run-tasks'],
    meaning: 'Connections that it asked for and did not get',
  },
} as const;

export interface HostCount {
  /** The plugin config's id. */
  plugin: number;
  name: keyof typeof HOST_COUNTS;
  value: number;
}
