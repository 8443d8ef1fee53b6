import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { embeddedMetrics, type MetricLine } from '../../shared/aws/embedded-metrics.ts';
import { createEventBus } from '../../shared/aws/event-bus.ts';
import { createLifecycleEvents, LIFECYCLE_SOURCE } from '../../shared/lifecycle/create-lifecycle-events.ts';
import type { TellLifecycleEvent } from '../../shared/lifecycle/lifecycle-event.ts';
import type { LeveledLogger } from '../plugin-reports/plugin-log.ts';

export interface FunctionLifecycleDeps {
  functionName: string;
  /** The bus's name. */
  bus: string;
  /** Of a server that stands in for AWS; AWS itself when there is none. */
  endpoint: string | undefined;
  logger: Pick<LeveledLogger, 'warn'>;
  writeMetricLine(line: MetricLine): void;
  sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** The lifecycle events of a function. */
export interface FunctionLifecycle {
  tell: TellLifecycleEvent;
  /** Sends what the invocation has told of, once its work is stored. Ends in two seconds at most, and before the function's time is over; never rejects. */
  flush(context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void>;
}

const FLUSH_MILLISECONDS = 2000;
/** What is left to the function to give its answer: an invocation that is not acknowledged in time would be done again. */
const MARGIN_MILLISECONDS = 500;

/** Puts lifecycle events of a function on the bus; those that it does not take are told to the log, and counted as `LifecycleEventsLost`. */
export function createFunctionLifecycle(deps: FunctionLifecycleDeps): FunctionLifecycle {
  const { functionName, bus, endpoint, logger, writeMetricLine, now } = deps;
  const { tell, flush } = createLifecycleEvents({
    ...deps,
    bus: createEventBus({ bus, source: LIFECYCLE_SOURCE, endpoint }),
    newId: randomUUID,
    onLost({ count, reason, events }) {
      logger.warn(`${count} lifecycle events were not put on the bus: ${reason}`, { lifecycleEvents: events });
      writeMetricLine(
        embeddedMetrics(now(), { function: functionName })({ LifecycleEventsLost: { value: count, unit: 'Count' } }),
      );
    },
  });
  return {
    tell,
    flush: (context) => flush(Math.min(FLUSH_MILLISECONDS, context.getRemainingTimeInMillis() - MARGIN_MILLISECONDS)),
  };
}
