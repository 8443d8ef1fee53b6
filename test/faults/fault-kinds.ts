/** What happens at a step. `before` and `after` are about the service: whether it has done what it was asked for. */
export const FAULT_KINDS = {
  'killed before': 'the process is killed, and the request never arrives',
  'killed after': 'the service does it, and the process is killed instead of answered',
  fails: 'every attempt of the client is answered with the service’s internal error',
  'is refused': 'the first answer is an error that no client repeats',
  'is throttled': 'the first answer is the service’s word for too many requests',
  'times out': 'the first request is never answered',
  'loses its answer': 'the service does it, and the connection breaks',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

/**
 * Requests to AWS can have every fault. Those to the Lambda Runtime API only fail together with the process, and what plugins make of their own
 * requests that fail is theirs.
 */
export function kindsOf(step: { service: string }): FaultKind[] {
  const kinds = Object.keys(FAULT_KINDS) as FaultKind[];
  return ['lambda', 'plugin'].includes(step.service) ? kinds.filter((kind) => kind.startsWith('killed')) : kinds;
}
