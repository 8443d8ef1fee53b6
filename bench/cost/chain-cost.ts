import type { ChainReading } from './measure-chain.ts';
import type { PricedItem } from './prices.ts';
import { byService, SERVICES, type Service, scaleUsage, type Usage, usdByService, usdOf } from './usage.ts';

/** What a million packed events cost. */
export interface ChainCost {
  usdPerMillion: number;
  /** What is paid for, in the unit that counts requests: an SQS request is 64 KiB, DynamoDB's are read and write units. */
  requests: Record<Exclude<Service, 'logs'>, number>;
  usd: Record<Service, number>;
  /** Everything that has a price, in its own unit; see bench/cost/prices.ts. */
  units: Usage;
  /** Requests as they are made, of which one may be paid for several times. */
  calls: Record<string, number>;
  /** Events of which the figures were made, and how many an invocation had, by function. */
  events: number;
  eventsPerInvocation: Record<string, number>;
}

const MILLION = 1_000_000;

/** Makes figures of a million events out of a reading of fewer. */
export function chainCost({ events, usage, calls, invocations }: ChainReading): ChainCost {
  const units = scaleUsage(usage, MILLION / events);
  return {
    usdPerMillion: rounded(usdOf(units)),
    requests: requestsOf(units),
    usd: mapped(usdByService(units), rounded),
    units: mapped(units, rounded),
    calls: mapped(calls, (count) => Math.round((count * MILLION) / events)),
    events,
    eventsPerInvocation: Object.fromEntries(
      Object.entries(invocations).map(([name, count]) => [functionTitle(name), Math.round(events / count)]),
    ),
  };
}

function requestsOf(units: Usage): ChainCost['requests'] {
  const isRequest = (item: PricedItem) => item !== 'sqsFairRequests' && item !== 'lambdaGigabyteSeconds';
  const { logs: _, ...requests } = byService((service) =>
    Math.round(SERVICES[service].filter(isRequest).reduce((sum, item) => sum + (units[item] ?? 0), 0)),
  );
  return requests;
}

/** The name of a function in the project, `process-events`, of the one that it has in the stack, `Hoglet-ProcessEventsFunction6A7B220D`. */
function functionTitle(name: string): string {
  const title = /-(\w+?)Function[0-9A-F]{8}$/.exec(name)?.[1] ?? name;
  return title.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase();
}

/** To a millionth: more would pretend to a precision that nothing here has. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function mapped<Numbers extends Record<string, number>>(numbers: Numbers, change: (value: number) => number): Numbers {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, change(value)])) as Numbers;
}
