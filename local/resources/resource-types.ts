import { dynamodbTable } from './dynamodb-table.ts';
import { lambdaEventSourceMapping } from './lambda-event-source-mapping.ts';
import { lambdaFunction } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';
import { s3Bucket } from './s3-bucket.ts';
import { sqsQueue } from './sqs-queue.ts';
import { cdkMetadata, iamPolicy, iamRole, logsLogGroup, s3BucketPolicy, sqsQueuePolicy } from './without-effect.ts';

/** Every resource type that a template may hold, by name. */
export const RESOURCE_TYPES: ReadonlyMap<string, ResourceType> = new Map(
  [
    dynamodbTable,
    lambdaEventSourceMapping,
    lambdaFunction,
    s3Bucket,
    sqsQueue,
    cdkMetadata,
    iamPolicy,
    iamRole,
    logsLogGroup,
    s3BucketPolicy,
    sqsQueuePolicy,
  ].map((resourceType) => [resourceType.type, resourceType]),
);
