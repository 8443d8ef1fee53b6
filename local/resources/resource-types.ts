import { dynamodbTable } from './dynamodb-table.ts';
import { eventsEventBus } from './events-event-bus.ts';
import { eventsRule } from './events-rule.ts';
import { lambdaEventInvokeConfig } from './lambda-event-invoke-config.ts';
import { lambdaEventSourceMapping } from './lambda-event-source-mapping.ts';
import { lambdaFunction } from './lambda-function.ts';
import { lambdaPermission } from './lambda-permission.ts';
import { lambdaUrl } from './lambda-url.ts';
import type { ResourceType } from './resource-type.ts';
import { s3Bucket } from './s3-bucket.ts';
import { secretsManagerSecret } from './secrets-manager-secret.ts';
import { sqsQueue } from './sqs-queue.ts';
import { stepFunctionsStateMachine } from './step-functions-state-machine.ts';
import {
  cdkMetadata,
  iamPolicy,
  iamRole,
  logsLogGroup,
  logsResourcePolicy,
  s3BucketPolicy,
  sqsQueuePolicy,
} from './without-effect.ts';

/** Every resource type that a template may hold, by name. */
export const RESOURCE_TYPES: ReadonlyMap<string, ResourceType> = new Map(
  [
    dynamodbTable,
    eventsEventBus,
    eventsRule,
    lambdaEventInvokeConfig,
    lambdaEventSourceMapping,
    lambdaFunction,
    lambdaPermission,
    lambdaUrl,
    s3Bucket,
    secretsManagerSecret,
    sqsQueue,
    stepFunctionsStateMachine,
    cdkMetadata,
    iamPolicy,
    iamRole,
    logsLogGroup,
    logsResourcePolicy,
    s3BucketPolicy,
    sqsQueuePolicy,
  ].map((resourceType) => [resourceType.type, resourceType]),
);
