import { expect, test } from 'vitest';
import { CHAINS, type CostChain } from '../../../bench/cost/chains.ts';
import { measureChain } from '../../../bench/cost/measure-chain.ts';
import { LOCAL_CONTEXT } from '../../../local/local-settings.ts';
import { synthesiseOnce } from '../../support/local-stack.ts';

test('the meter sees each message of an exporter sent, received and deleted, and each invocation', {
  timeout: 240_000,
}, async () => {
  const exporter = CHAINS.find(({ name }) => name === 'exporter') as CostChain;
  const assembly = await synthesiseOnce({ ...LOCAL_CONTEXT, 'processEvents.windowSeconds': 5 });

  const { events, usage, calls, invocations } = await measureChain(exporter, 3000, assembly, () => {});

  // 3,000 events are some 15 messages of just under 64 KiB: two calls to send and to delete them, and a request for each when it is paid for.
  const messages = Math.ceil((usage.sqsRequests ?? 0) / 6);
  expect(events).toBe(3000);
  expect(messages).toBeGreaterThan(10);
  expect(messages).toBeLessThan(20);
  expect(calls).toMatchObject({
    'sqs SendMessageBatch Hoglet-events': 2,
    'sqs SendMessageBatch Hoglet-ingestion': 2,
    'sqs SendMessageBatch Hoglet-deliveries': 2,
    'sqs DeleteMessageBatch Hoglet-events': 2,
  });
  expect(usage.sqsFairRequests).toBeGreaterThan(20);
  expect(Object.values(invocations).reduce((sum, count) => sum + count)).toBe(usage.lambdaRequests);
  expect(Object.keys(invocations)).toHaveLength(2);
  expect(usage).toMatchObject({
    dynamodbReadUnits: expect.any(Number) as number,
    s3Reads: expect.any(Number) as number,
    logGigabytes: expect.any(Number) as number,
  });
  expect(usage.stateTransitions).toBeUndefined();
});
