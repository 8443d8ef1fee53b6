import { PRICES, type PricedItem } from './prices.ts';

/** How many units of what is paid for were used; what is left out was not. */
export type Usage = Partial<Record<PricedItem, number>>;

/** The items of each service, under the name by which reports have it. */
export const SERVICES = {
  sqs: ['sqsRequests', 'sqsFairRequests'],
  dynamodb: ['dynamodbWriteUnits', 'dynamodbReadUnits'],
  s3: ['s3Writes', 's3Reads'],
  lambda: ['lambdaRequests', 'lambdaGigabyteSeconds'],
  states: ['stateTransitions'],
  eventbridge: ['busEvents'],
  logs: ['logGigabytes'],
} as const satisfies Record<string, PricedItem[]>;

export type Service = keyof typeof SERVICES;

const SERVICE_NAMES = Object.keys(SERVICES) as Service[];
const ITEMS = Object.keys(PRICES) as PricedItem[];

export function sumUsage(...usages: Usage[]): Usage {
  return fromItems((item) => usages.reduce((sum, usage) => sum + (usage[item] ?? 0), 0));
}

export function scaleUsage(usage: Usage, factor: number): Usage {
  return fromItems((item) => (usage[item] ?? 0) * factor);
}

/** US dollars. */
export function usdOf(usage: Usage): number {
  return ITEMS.reduce((sum, item) => sum + ((usage[item] ?? 0) / PRICES[item].per) * PRICES[item].usd, 0);
}

export function usdByService(usage: Usage): Record<Service, number> {
  return byService((service) =>
    usdOf(
      Object.fromEntries(SERVICES[service].map((item) => [item, usage[item] ?? 0]) satisfies [PricedItem, number][]),
    ),
  );
}

export function byService<Value>(read: (service: Service) => Value): Record<Service, Value> {
  return Object.fromEntries(SERVICE_NAMES.map((service) => [service, read(service)])) as Record<Service, Value>;
}

function fromItems(read: (item: PricedItem) => number): Usage {
  return Object.fromEntries(ITEMS.map((item) => [item, read(item)] as const).filter(([, units]) => units !== 0));
}
