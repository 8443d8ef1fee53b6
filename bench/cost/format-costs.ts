import type { ChainCost } from './chain-cost.ts';
import { CHAINS } from './chains.ts';
import type { Costs } from './run.ts';
import type { Service } from './usage.ts';

const SERVICE_TITLES: Record<Service, string> = {
  sqs: 'SQS requests of 64 KiB',
  dynamodb: 'DynamoDB units',
  s3: 'S3 requests',
  lambda: 'Lambda invocations and time',
  states: 'Step Functions transitions',
  eventbridge: 'EventBridge events',
  logs: 'CloudWatch Logs',
};

const FIXED_TITLES = {
  polling: 'event source mappings asking empty queues',
  schedules: 'functions that run each minute and hour',
  metrics: 'metrics of an idle stack',
  alarms: 'alarms',
  dashboards: 'dashboards',
  secrets: 'secrets',
  keys: 'keys',
} as const;

/** Writes the figures as tables for people. */
export function formatCosts(costs: Costs): string {
  const { fixed, priced } = costs;
  return [
    `A million packed events, US dollars, ${priced.region}, prices of ${priced.month}`,
    '',
    ...CHAINS.flatMap(({ name, description }) => [...chainLines(name, description, costs[name]), '']),
    'A month without events, US dollars',
    '',
    ...table(
      (Object.keys(FIXED_TITLES) as (keyof typeof FIXED_TITLES)[])
        .filter((part) => fixed[part] > 0)
        .map((part) => [FIXED_TITLES[part], '', fixed[part].toFixed(2)]),
    ),
    ...table([['in all', '', fixed.usdPerMonth.toFixed(2)]]),
    '',
    `Metrics that are reported only while events come: ${fixed.metricsWithEvents.toFixed(2)} a month more.`,
  ].join('\n');
}

function chainLines(name: string, description: string, cost: ChainCost): string[] {
  const services = (Object.keys(SERVICE_TITLES) as Service[]).filter((service) => cost.usd[service] > 0);
  const perInvocation = Object.entries(cost.eventsPerInvocation).map(([fn, events]) => `${fn}: ${number(events)}`);
  return [
    `${name}: ${description}`,
    ...table(
      services.map((service) => [
        SERVICE_TITLES[service],
        service === 'logs' ? '' : number(cost.requests[service]),
        cost.usd[service].toFixed(4),
      ]),
    ),
    ...table([['in all', '', cost.usdPerMillion.toFixed(4)]]),
    `  events per invocation: ${perInvocation.join(', ')}; measured with ${number(cost.events)} events`,
  ];
}

function table(rows: [title: string, count: string, usd: string][]): string[] {
  return rows.map(([title, count, usd]) => `  ${title.padEnd(44)}${count.padStart(10)}${usd.padStart(10)}`);
}

function number(value: number): string {
  return value.toLocaleString('en');
}
