import type { LogListener } from '../../local/cloudwatch/function-logs.ts';
import type { InvocationReport } from '../../local/lambda/local-function.ts';
import type { Watcher } from '../../local/servers/watch-server.ts';
import { chargeOf, targetOf } from './charge-of.ts';
import { askForCapacity } from './dynamodb-charge.ts';
import { lambdaUsage } from './lambda-usage.ts';
import { lineUsage, PLATFORM_LINES_USAGE } from './log-usage.ts';
import { sumUsage, type Usage } from './usage.ts';

/** What was used since the meter was read last. */
export interface Reading {
  usage: Usage;
  /** Requests as they were made, by `<service> <operation> <on what>`; one may be paid for several times. */
  calls: Record<string, number>;
  /** Invocations by function name. */
  invocations: Record<string, number>;
}

/** Counts what a stack would be paid for. Polls that found nothing are left out: on AWS their number does not depend on the load. */
export interface Meter {
  watcher: Watcher;
  onReport(report: InvocationReport): void;
  onTransition(): void;
  onLogLine: LogListener;
  /** Grows with everything that is counted. */
  ticks(): number;
  /** Gives what was counted, and begins anew. */
  read(): Reading;
}

export function createMeter(): Meter {
  const fairQueues = new Set<string>();
  let reading: Reading = { usage: {}, calls: {}, invocations: {} };
  let ticks = 0;

  const use = (usage: Usage): void => {
    ticks++;
    reading.usage = sumUsage(reading.usage, usage);
  };
  const count = (counts: Record<string, number>, name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };

  return {
    watcher: {
      rewrite({ headers, body }) {
        const { service, operation } = targetOf(headers);
        return service?.startsWith('DynamoDB_') ? askForCapacity(operation, body) : body;
      },
      onExchange(exchange) {
        const { service, operation, on, usage, isIdle } = chargeOf(exchange, fairQueues);
        if (isIdle) return;
        use(usage);
        count(reading.calls, [service, operation, on].filter((word) => word !== '').join(' '));
      },
    },
    onReport(report) {
      use(sumUsage(lambdaUsage(report), PLATFORM_LINES_USAGE));
      count(reading.invocations, report.functionName);
    },
    onTransition: () => use({ stateTransitions: 1 }),
    onLogLine: ({ line }) => use(lineUsage(line)),
    ticks: () => ticks,
    read() {
      const before = reading;
      reading = { usage: {}, calls: {}, invocations: {} };
      return before;
    },
  };
}
