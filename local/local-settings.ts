/**
 * The CDK context that the stack has on a developer's machine; everything else is as it deploys.
 *
 * Short hook timeouts, so that a plugin that hangs is named within seconds, not minutes:
 * function timeout = 5 × (1 + 2) + 10 = 25 s, visibility timeout = 6 × 25 + 1 = 151 s.
 * Four environments at once, each of two Node processes, are what a laptop carries, and two more that deliver what came out of them.
 */
export const LOCAL_CONTEXT: Readonly<Record<string, unknown>> = {
  allowPrivateNetworks: true,
  // The demo and `npm start` install by it.
  adminApi: true,
  'processEvents.hookTimeoutSeconds': 5,
  'processEvents.strikes': 2,
  'processEvents.overheadSeconds': 10,
  'processEvents.maxConcurrency': 4,
  'deliverEvents.hookTimeoutSeconds': 5,
  'deliverEvents.strikes': 2,
  'deliverEvents.overheadSeconds': 10,
  'deliverEvents.windowSeconds': 1,
  'deliverEvents.maxConcurrency': 2,
  'runTasks.hookTimeoutSeconds': 5,
  'runTasks.strikes': 2,
  'runTasks.overheadSeconds': 10,
  'runTasks.maxConcurrency': 2,
};
