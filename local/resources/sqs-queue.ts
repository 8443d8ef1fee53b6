import { CreateQueueCommand, GetQueueUrlCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

/** Properties that are attributes of the queue under the same name. */
const ATTRIBUTES = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'SqsManagedSseEnabled',
  'FifoQueue',
  'ContentBasedDeduplication',
];

const asAttribute = { honoured: 'an attribute of the queue' };

export const sqsQueue: ResourceType = {
  type: 'AWS::SQS::Queue',
  properties: {
    QueueName: { honoured: 'the name of the queue' },
    DelaySeconds: asAttribute,
    MaximumMessageSize: { accepted: 'the queue has the attribute; the server takes up to 1 MiB, the default of SQS' },
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
    FifoQueue: asAttribute,
    ContentBasedDeduplication: asAttribute,
    Tags: { accepted: 'nothing reads tags here' },
  },

  async create(resource, world) {
    const { properties } = resource;
    const name = String(properties['QueueName'] ?? physicalName(resource, world).slice(0, 80));
    const attributes = Object.fromEntries(
      ATTRIBUTES.filter((attribute) => properties[attribute] !== undefined).map((attribute) => {
        const value = properties[attribute];
        return [attribute, typeof value === 'object' ? JSON.stringify(value) : String(value)];
      }),
    );
    let queueUrl: string | undefined;
    try {
      ({ QueueUrl: queueUrl } = await world.sqs.send(new GetQueueUrlCommand({ QueueName: name })));
      // Kept from the last run, perhaps with other attributes.
      await world.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: attributes }));
    } catch (error) {
      if ((error as Error).name !== 'QueueDoesNotExist') throw error;
      ({ QueueUrl: queueUrl } = await world.sqs.send(
        new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
      ));
    }
    const ref = String(queueUrl);
    const arn = `arn:aws:sqs:${world.region}:${world.accountId}:${name}`;
    return { ref, attributes: { Arn: arn, QueueName: name, QueueUrl: ref } };
  },
};
