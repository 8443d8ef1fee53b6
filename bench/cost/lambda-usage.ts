import type { InvocationReport } from '../../local/lambda/local-function.ts';
import type { Usage } from './usage.ts';

/** Memory at which a function has one whole vCPU; below, it has as much less. */
const MEGABYTES_PER_CPU = 1769;

/** Calls of AWS's services that follow on each other in an invocation: four of some 8 ms, which servers on this machine answer at once. */
const SERVICE_WAIT_MILLISECONDS = 30;

/**
 * What an invocation would be paid with on Lambda: a core of this machine is taken for one vCPU. The duration is that of this machine, or, when that is
 * more, the CPU time of all processes divided by the share of a vCPU that the memory gives; and what services on a network take.
 * Loading the handler is paid for like any other time.
 */
export function lambdaUsage(report: InvocationReport): Usage {
  const { memoryMegabytes, milliseconds, cpuMilliseconds, initMilliseconds = 0 } = report;
  const share = Math.min(1, memoryMegabytes / MEGABYTES_PER_CPU);
  const duration = Math.max(milliseconds, cpuMilliseconds / share) + SERVICE_WAIT_MILLISECONDS;
  const billedMilliseconds = Math.ceil(duration + initMilliseconds);
  return { lambdaRequests: 1, lambdaGigabyteSeconds: (billedMilliseconds / 1000) * (memoryMegabytes / 1024) };
}
