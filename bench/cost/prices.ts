/** What a unit of something costs, and where that is said. */
export interface Price {
  /** US dollars for so many units. */
  usd: number;
  per: number;
  /** What one unit is. */
  unit: string;
  source: string;
}

/** The region and the month of the prices below. Free tiers and discounts for large amounts are left out. */
export const PRICED = { region: 'us-east-1', month: '2026-11' } as const;

/** Everything that Hoglet makes AWS ask money for. docs/cost.md has the same table. */
export const PRICES = {
  sqsRequests: {
    usd: 0.4,
    per: 1_000_000,
    unit: 'request to a standard queue; every 64 KiB of payload that is sent or received is one',
    source: 'https://aws.amazon.com/sqs/pricing/',
  },
  // Which calls carry the surcharge is not said, so each of a queue with groups does here.
  sqsFairRequests: {
    usd: 0.1,
    per: 1_000_000,
    unit: 'request to a queue whose messages have groups, on top',
    source: 'https://aws.amazon.com/sqs/pricing/',
  },
  dynamodbWriteUnits: {
    usd: 0.625,
    per: 1_000_000,
    unit: 'write of up to 1 KB, on demand',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  dynamodbReadUnits: {
    usd: 0.125,
    per: 1_000_000,
    unit: 'strongly consistent read of up to 4 KB, on demand; any other read is half of one',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  s3Writes: {
    usd: 0.005,
    per: 1_000,
    unit: 'PUT, POST or LIST, standard storage',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  s3Reads: {
    usd: 0.0004,
    per: 1_000,
    unit: 'GET or HEAD, standard storage',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  stateTransitions: {
    usd: 0.025,
    per: 1_000,
    unit: 'state transition of a standard workflow, retries included',
    source: 'https://aws.amazon.com/step-functions/pricing/',
  },
  busEvents: {
    usd: 1,
    per: 1_000_000,
    unit: 'event put on a bus; every 64 KiB is one',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
  },
  lambdaRequests: {
    usd: 0.2,
    per: 1_000_000,
    unit: 'invocation',
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  lambdaGigabyteSeconds: {
    usd: 0.0000133334,
    per: 1,
    unit: 'GB-second on arm64, starts included',
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  logGigabytes: {
    usd: 0.5,
    per: 1,
    unit: 'GB of log lines, 26 bytes around each included',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  metricMonths: {
    usd: 0.3,
    per: 1,
    unit: 'month of a metric; one is a name with one set of dimensions',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  alarmMonths: {
    usd: 0.1,
    per: 1,
    unit: 'month of an alarm',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  dashboardMonths: {
    usd: 3,
    per: 1,
    unit: 'month of a dashboard',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  secretMonths: {
    usd: 0.4,
    per: 1,
    unit: 'month of a secret',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
  },
  keyMonths: {
    usd: 1,
    per: 1,
    unit: 'month of a key of your own',
    source: 'https://aws.amazon.com/kms/pricing/',
  },
} as const satisfies Record<string, Price>;

export type PricedItem = keyof typeof PRICES;
