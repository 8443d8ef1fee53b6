import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { LocalFunction, LocalFunctionOptions } from '../lambda/local-function.ts';

import type { PropertyRules } from '../template/property-rule.ts';

/** A resource of the template once every intrinsic in it is resolved. */
export interface ResolvedResource {
  logicalId: string;
  properties: Record<string, unknown>;
}

/** What other resources see of one. */
export interface CreatedResource {
  /** The value of `Ref`. */
  ref: string;
  /** The values of `Fn::GetAtt` by attribute. */
  attributes?: Record<string, string>;
}

/** The running stack, as resources see it while they are created. */
export interface World {
  stackName: string;
  region: string;
  accountId: string;
  endpoints: { sqs: string; s3: string; dynamodb: string };
  sqs: SQSClient;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  assetPaths: ReadonlyMap<string, string>;
  now: () => number;
  /** Functions by name. */
  functions: Map<string, LocalFunction>;
  /** What every function's process needs beside its own properties. */
  functionSurroundings: Pick<LocalFunctionOptions, 'keeper' | 'bootstrapPath'>;
  onFunctionLine(functionName: string, line: string): void;
  onProblem(problem: string): void;
  /** Called when all resources exist, in the order of the template; gives what stops it again. */
  whenComplete(start: () => () => Promise<void>): void;
}

/** One resource type of CloudFormation: which properties it has here, and how it comes to be. */
export interface ResourceType {
  type: string;
  properties: PropertyRules;
  /** Creates the resource, or finds it as the last run left it. */
  create(resource: ResolvedResource, world: World): CreatedResource | Promise<CreatedResource>;
}

/** The name that a resource has when the template gives it none: the same on every run. */
export function physicalName({ logicalId }: ResolvedResource, { stackName }: World): string {
  return `${stackName}-${logicalId}`;
}
