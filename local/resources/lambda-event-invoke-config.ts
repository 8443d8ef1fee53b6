import { functionNameOf } from '../events/deliver-to-target.ts';
import type { ResolvedResource, ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

const destination = { Destination: { honoured: 'a queue of this stack' } };

export const lambdaEventInvokeConfig: ResourceType = {
  type: 'AWS::Lambda::EventInvokeConfig',
  properties: {
    FunctionName: { honoured: 'name or ARN of a function of this stack' },
    Qualifier: { honoured: 'the only version here', only: ['$LATEST'] },
    MaximumRetryAttempts: { honoured: 'how often an event that failed is tried again: after 1 minute, then after 2' },
    MaximumEventAgeInSeconds: { honoured: 'an event older than this is not tried again' },
    DestinationConfig: {
      honoured: 'where a record of the invocation goes',
      of: {
        OnFailure: { honoured: 'when an event is given up', of: destination },
        OnSuccess: { honoured: 'when an event succeeded', of: destination },
      },
    },
  },
  create(resource, world) {
    const { properties, logicalId } = resource;
    const functionName = functionNameOf(String(properties['FunctionName']));
    if (!world.functions.has(functionName)) {
      throw new Error(`${logicalId}: FunctionName ${String(properties['FunctionName'])} is no function of this stack`);
    }
    const { OnFailure, OnSuccess } = (properties['DestinationConfig'] ?? {}) as Record<
      string,
      { Destination?: string } | undefined
    >;
    world.asynchronousInvoker.configure(functionName, {
      ...numberWithin(resource, 'MaximumRetryAttempts', 'maximumRetryAttempts', 0, 2),
      ...numberWithin(resource, 'MaximumEventAgeInSeconds', 'maximumEventAgeSeconds', 60, 21_600),
      ...queue(logicalId, 'onFailure', OnFailure?.Destination),
      ...queue(logicalId, 'onSuccess', OnSuccess?.Destination),
    });
    return { ref: physicalName(resource, world) };
  },
};

function numberWithin(resource: ResolvedResource, property: string, key: string, least: number, most: number) {
  const value = resource.properties[property];
  if (value === undefined) return {};
  if (Number(value) >= least && Number(value) <= most) return { [key]: Number(value) };
  throw new Error(`${resource.logicalId}: ${property} is ${String(value)}; allowed are ${least} to ${most}`);
}

function queue(logicalId: string, key: string, arn: string | undefined) {
  if (arn === undefined) return {};
  if (arn.startsWith('arn:aws:sqs:')) return { [key]: arn };
  throw new Error(`${logicalId}: Destination ${arn} is not honoured by the local stack; honoured are SQS queues`);
}
