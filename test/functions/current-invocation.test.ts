import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCurrentInvocation } from '../../functions/current-invocation.ts';
import { createAwsClients } from '../../shared/aws/clients.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const lasting = (milliseconds: number) => ({ getRemainingTimeInMillis: () => milliseconds });

/** Never answers. */
const silent = createServer(() => {});
let requests: number;
beforeEach(async () => {
  requests = 0;
  silent.on('request', () => requests++).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterEach(() => {
  silent.removeAllListeners('request');
  silent.closeAllConnections();
  silent.close();
});

function silentQueues(signal: () => AbortSignal | undefined) {
  const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  return createAwsClients({ region: 'us-east-1', credentials, endpoints: { sqs: endpoint }, signal }).sqs;
}

it('what an invocation has begun and not awaited ends with it', async () => {
  const invocation = createCurrentInvocation(() => NOW);
  const sqs = silentQueues(invocation.signal);
  let leftBehind: Promise<unknown> = Promise.resolve();

  await invocation.run(lasting(60_000), async () => {
    leftBehind = Promise.allSettled([sqs.send(new ListQueuesCommand({})), invocation.sleep(50_000)]);
    await vi.waitUntil(() => requests > 0, 30_000);
  });

  expect(await leftBehind).toMatchObject([
    { status: 'rejected', reason: { name: 'AbortError' } },
    { status: 'rejected', reason: { name: 'AbortError' } },
  ]);
  expect(requests).toBe(1);
});

it('a call that is never answered fails before its invocation is ended', async () => {
  const invocation = createCurrentInvocation(() => NOW);
  const sqs = silentQueues(invocation.signal);
  const startedAt = performance.now();

  await expect(invocation.run(lasting(1500), () => sqs.send(new ListQueuesCommand({})))).rejects.toMatchObject({
    name: 'AbortError',
  });

  expect(performance.now() - startedAt).toBeLessThan(1500);
});

it('a call with a limit of its own is ended by that, and by its invocation', async () => {
  const invocation = createCurrentInvocation(() => NOW);
  const sqs = silentQueues(invocation.signal);
  const limited = (milliseconds: number) =>
    sqs.send(new ListQueuesCommand({}), { abortSignal: AbortSignal.timeout(milliseconds) });
  let leftBehind: Promise<unknown> = Promise.resolve();

  await invocation.run(lasting(60_000), async () => {
    await expect(limited(50)).rejects.toThrow();
    leftBehind = expect(limited(50_000)).rejects.toThrow();
  });

  await leftBehind;
});

it('knows when the invocation ends, and that none is under way', async () => {
  const invocation = createCurrentInvocation(() => NOW);

  const during = await invocation.run(lasting(1000), async () => [invocation.endsAt(), invocation.signal()?.aborted]);

  expect(during).toEqual([NOW + 1000, false]);
  expect([invocation.endsAt(), invocation.signal()]).toEqual([Number.POSITIVE_INFINITY, undefined]);
  await invocation.sleep(1);
});
