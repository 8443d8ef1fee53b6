import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { World } from './world.ts';

/** Sends at most ten bodies to a queue, together, by the name of its output. */
export async function send({ aws, output }: World, queue: string, bodies: readonly string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  const { Failed = [] } = await aws.sqs.send(new SendMessageBatchCommand({ QueueUrl: output(queue), Entries }));
  if (Failed.length > 0) throw new Error(`${queue} refused ${Failed.length} of ${bodies.length} messages`);
}
