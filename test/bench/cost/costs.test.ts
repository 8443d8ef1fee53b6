import { expect, test } from 'vitest';
import { chainCost } from '../../../bench/cost/chain-cost.ts';
import { fixedCosts } from '../../../bench/cost/fixed-costs.ts';
import { PRICES } from '../../../bench/cost/prices.ts';
import { usdByService, usdOf } from '../../../bench/cost/usage.ts';

test('a usage costs its units at their prices', () => {
  const usage = {
    sqsRequests: 2_500_000,
    dynamodbWriteUnits: 1_000_000,
    lambdaGigabyteSeconds: 100_000,
    s3Reads: 10_000,
  };

  expect(usdOf(usage)).toBeCloseTo(1 + 0.625 + 1.33334 + 0.004, 6);
  expect(usdByService(usage)).toMatchObject({ sqs: 1, dynamodb: 0.625, s3: 0.004, eventbridge: 0 });
});

test('every price is in one service, or one that is paid for by the month', () => {
  const monthly = Object.keys(PRICES).filter((item) => item.endsWith('Months'));
  const all = Object.fromEntries(Object.entries(PRICES).map(([item, { per }]) => [item, per]));
  const byService = Object.values(usdByService(all)).reduce((sum, usd) => sum + usd, 0);
  const months = monthly.reduce((sum, item) => sum + PRICES[item as keyof typeof PRICES].usd, 0);

  expect(byService + months).toBeCloseTo(usdOf(all), 9);
});

test('figures of some events become those of a million', () => {
  const cost = chainCost({
    events: 250_000,
    usage: {
      sqsRequests: 1000,
      sqsFairRequests: 400,
      lambdaRequests: 10,
      lambdaGigabyteSeconds: 25,
      dynamodbReadUnits: 7.5,
    },
    calls: { 'sqs SendMessageBatch events': 100 },
    invocations: { 'Hoglet-ProcessEventsFunction6A7B220D': 20 },
    metrics: [],
  });

  expect(cost).toMatchObject({
    requests: { sqs: 4000, dynamodb: 30, s3: 0, lambda: 40, states: 0, eventbridge: 0 },
    calls: { 'sqs SendMessageBatch events': 400 },
    events: 250_000,
    eventsPerInvocation: { 'process-events': 12_500 },
  });
  expect(cost.usd.sqs).toBeCloseTo(4000 * 0.4e-6 + 1600 * 0.1e-6, 6);
  expect(cost.usdPerMillion).toBeCloseTo(0.00176 + 30 * 0.125e-6 + 40 * 0.2e-6 + 100 * 0.0000133334, 5);
});

test('an idle stack pays for polls, schedules, metrics, alarms, dashboards, secrets and keys', () => {
  const of = (Type: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${Type}${index}`, { Type }]));
  const template = {
    Resources: {
      ...of('AWS::Lambda::EventSourceMapping', 2),
      ...of('AWS::CloudWatch::Alarm', 3),
      ...of('AWS::CloudWatch::Dashboard', 1),
      ...of('AWS::SecretsManager::Secret', 1),
      ...of('AWS::KMS::Key', 1),
      ...of('AWS::SQS::Queue', 7),
    },
  };
  const idle = { hours: 73, usage: { lambdaRequests: 100_000 }, calls: {}, invocations: {}, metrics: ['a', 'b'] };

  expect(fixedCosts(template, idle, ['b', 'c', 'c', 'd'])).toEqual({
    // Five polls of 20 s at a time, in 730 hours.
    polling: expect.closeTo(2 * 657_000 * 0.4e-6, 9) as number,
    schedules: expect.closeTo(0.2, 9) as number,
    metrics: 0.6,
    alarms: expect.closeTo(0.3, 9) as number,
    dashboards: 3,
    secrets: 0.4,
    keys: 1,
    metricsWithEvents: 0.6,
    usdPerMonth: expect.closeTo(0.5256 + 0.2 + 0.6 + 0.3 + 3 + 0.4 + 1, 9) as number,
  });
});
