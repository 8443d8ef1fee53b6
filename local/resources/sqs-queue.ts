import type { SQSClient } from '@aws-sdk/client-sqs';
import { CreateQueueCommand, GetQueueUrlCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

/**
 * Properties that are attributes of the queue under the same name, with the defaults of SQS: an attribute that an earlier
 * run has set, and that the template no longer has, goes back to its default.
 */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
  // Empty text takes a policy away.
  RedrivePolicy: '',
  RedriveAllowPolicy: '',
  SqsManagedSseEnabled: 'true',
};

const asAttribute = { honoured: 'an attribute of the queue' };

export const sqsQueue: ResourceType = {
  type: 'AWS::SQS::Queue',
  properties: {
    QueueName: { honoured: 'the name of the queue' },
    DelaySeconds: asAttribute,
    MaximumMessageSize: asAttribute,
    MessageRetentionPeriod: { accepted: 'the queue has the attribute; messages are kept until they are deleted' },
    ReceiveMessageWaitTimeSeconds: asAttribute,
    VisibilityTimeout: asAttribute,
    RedrivePolicy: {
      honoured: 'messages received more often than this move to the dead letters',
      of: {
        deadLetterTargetArn: { honoured: 'the queue they move to' },
        maxReceiveCount: { honoured: 'how often a message may be received' },
      },
    },
    RedriveAllowPolicy: { accepted: 'the queue has the attribute; only this stack’s own queues are here' },
    SqsManagedSseEnabled: { accepted: 'nothing is encrypted on this machine' },
    Tags: { accepted: 'nothing reads tags here' },
  },

  async create(resource, world) {
    const { properties } = resource;
    const name = String(properties['QueueName'] ?? physicalName(resource, world).slice(0, 80));
    const attributes = Object.fromEntries(
      Object.entries(ATTRIBUTES).map(([attribute, standard]) => {
        const value = properties[attribute] ?? standard;
        return [attribute, typeof value === 'object' ? JSON.stringify(value) : String(value)];
      }),
    );
    const queueUrl = (await find(world.sqs, name)) ?? (await create(world.sqs, name));
    await world.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: attributes }));
    const arn = `arn:aws:sqs:${world.region}:${world.accountId}:${name}`;
    return { ref: queueUrl, attributes: { Arn: arn, QueueName: name, QueueUrl: queueUrl } };
  },
};

async function find(sqs: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (error) {
    if ((error as Error).name === 'QueueDoesNotExist') return undefined;
    throw error;
  }
}

async function create(sqs: SQSClient, name: string): Promise<string> {
  return String((await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl);
}
