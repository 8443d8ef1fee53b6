import type { Template } from '../../local/template/template.ts';
import type { IdleReading } from './measure-idle.ts';
import { scaleUsage, sumUsage, type Usage, usdOf } from './usage.ts';

/** US dollars a month that do not depend on how many events come. */
export interface FixedCosts {
  usdPerMonth: number;
  /** Event source mappings ask their queues, whether anything is there or not. */
  polling: number;
  /** Functions that rules call each minute and hour, and all that they do. Those of each day are too few to count. */
  schedules: number;
  /** Metrics that are reported while no events come. */
  metrics: number;
  alarms: number;
  dashboards: number;
  secrets: number;
  keys: number;
  /** On top, in months in which events do come: the metrics that are reported then. */
  metricsWithEvents: number;
}

const HOURS_PER_MONTH = 730;

/** A mapping with a MaximumConcurrency keeps so many long polls going while its queue is empty, each of so many seconds. */
const LONG_POLLS = 5;
const LONG_POLL_SECONDS = 20;
const POLLS_PER_MONTH = (LONG_POLLS * HOURS_PER_MONTH * 3600) / LONG_POLL_SECONDS;

/** @param metricsWithEvents the metrics that were reported while events came */
export function fixedCosts(
  { Resources: resources }: Pick<Template, 'Resources'>,
  idle: IdleReading,
  metricsWithEvents: string[],
): FixedCosts {
  const countOf = (type: string) => Object.values(resources).filter(({ Type }) => Type === type).length;
  const more = metricsWithEvents.filter((metric) => !idle.metrics.includes(metric));
  const parts = {
    polling: { sqsRequests: countOf('AWS::Lambda::EventSourceMapping') * POLLS_PER_MONTH },
    schedules: scaleUsage(idle.usage, HOURS_PER_MONTH / idle.hours),
    metrics: { metricMonths: idle.metrics.length },
    alarms: { alarmMonths: countOf('AWS::CloudWatch::Alarm') + countOf('AWS::CloudWatch::CompositeAlarm') },
    dashboards: { dashboardMonths: countOf('AWS::CloudWatch::Dashboard') },
    secrets: { secretMonths: countOf('AWS::SecretsManager::Secret') },
    keys: { keyMonths: countOf('AWS::KMS::Key') },
  } satisfies Record<string, Usage>;
  return {
    usdPerMonth: usdOf(sumUsage(...Object.values(parts))),
    polling: usdOf(parts.polling),
    schedules: usdOf(parts.schedules),
    metrics: usdOf(parts.metrics),
    alarms: usdOf(parts.alarms),
    dashboards: usdOf(parts.dashboards),
    secrets: usdOf(parts.secrets),
    keys: usdOf(parts.keys),
    metricsWithEvents: usdOf({ metricMonths: new Set(more).size }),
  };
}
