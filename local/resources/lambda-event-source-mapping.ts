import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { startEventSourceMapping } from '../lambda/event-source-mapping.ts';
import type { ResolvedResource, ResourceType } from './resource-type.ts';

export const lambdaEventSourceMapping: ResourceType = {
  type: 'AWS::Lambda::EventSourceMapping',
  properties: {
    EventSourceArn: { honoured: 'an SQS queue of this stack' },
    FunctionName: { honoured: 'name or ARN of a function of this stack' },
    Enabled: { honoured: 'false: the queue is not polled' },
    BatchSize: { honoured: 'the most messages per invocation' },
    MaximumBatchingWindowInSeconds: { honoured: 'how long a batch may wait to be filled' },
    FunctionResponseTypes: { honoured: 'whether the function may fail single messages' },
    ScalingConfig: {
      honoured: 'as its only part says',
      of: { MaximumConcurrency: { honoured: 'the most invocations at once' } },
    },
    Tags: { accepted: 'nothing reads tags here' },
  },

  async create(resource, world) {
    const row = readRow(resource);
    const localFunction = [...world.functions.values()].find(({ name, arn }) => [name, arn].includes(row.functionName));
    if (localFunction === undefined) {
      throw new Error(`${resource.logicalId}: FunctionName ${row.functionName} is no function of this stack`);
    }
    const { sqs, region, clock, onProblem } = world;
    const queueName = row.queueArn.split(':').at(-1) ?? '';
    const { QueueUrl: queueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] }),
    );
    const visibilitySeconds = Number(Attributes?.['VisibilityTimeout']);
    if (visibilitySeconds < localFunction.timeoutSeconds) {
      throw new Error(
        `${resource.logicalId}: the queue's visibility timeout is ${visibilitySeconds} s, less than the function's ` +
          `timeout of ${localFunction.timeoutSeconds} s; AWS refuses to create such a mapping`,
      );
    }

    if (row.enabled) {
      world.whenComplete(() => {
        const mapping = startEventSourceMapping({
          ...row,
          sqs,
          queueUrl,
          region,
          localFunction,
          clock,
          queueState: () => world.queueState(queueName),
          onProblem,
        });
        return () => mapping.stop();
      });
    }
    return { ref: resource.logicalId };
  },
};

/** AWS starts with five pollers when no maximum is set. It would add more under load; here it stays at five. */
const STANDARD_CONCURRENCY = 5;

function readRow({ logicalId, properties }: ResolvedResource) {
  const { MaximumConcurrency: maximumConcurrency = STANDARD_CONCURRENCY } = (properties['ScalingConfig'] ?? {}) as {
    MaximumConcurrency?: number;
  };
  const responseTypes = (properties['FunctionResponseTypes'] ?? []) as string[];
  const row = {
    queueArn: String(properties['EventSourceArn']),
    functionName: String(properties['FunctionName']),
    enabled: String(properties['Enabled'] ?? true) === 'true',
    batchSize: Number(properties['BatchSize'] ?? 10),
    windowSeconds: Number(properties['MaximumBatchingWindowInSeconds'] ?? 0),
    maximumConcurrency: Number(maximumConcurrency),
    reportBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
  };
  const problems = [
    !row.queueArn.startsWith('arn:aws:sqs:') && `EventSourceArn is ${row.queueArn}; only SQS queues are honoured`,
    responseTypes.some((type) => type !== 'ReportBatchItemFailures') &&
      `FunctionResponseTypes is ${responseTypes.join(', ')}; only ReportBatchItemFailures is honoured`,
    !(row.batchSize >= 1 && row.batchSize <= 10_000) && `BatchSize is ${row.batchSize}; allowed are 1 to 10000`,
    !(row.windowSeconds >= 0 && row.windowSeconds <= 300) &&
      `MaximumBatchingWindowInSeconds is ${row.windowSeconds}; allowed are 0 to 300`,
    row.batchSize > 10 &&
      row.windowSeconds < 1 &&
      `BatchSize is ${row.batchSize}: above 10, MaximumBatchingWindowInSeconds must be 1 or more`,
    !(row.maximumConcurrency >= 2 && row.maximumConcurrency <= 1000) &&
      `ScalingConfig.MaximumConcurrency is ${row.maximumConcurrency}; allowed are 2 to 1000`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) {
    throw new Error(`${logicalId} (AWS::Lambda::EventSourceMapping): ${problems.join('; ')}`);
  }
  return row;
}
