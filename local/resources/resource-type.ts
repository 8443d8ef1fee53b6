import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { InvokePermission } from '../events/deliver-to-target.ts';
import type { EventBuses } from '../events/event-buses.ts';
import type { RuleAnchors } from '../events/rule-anchors.ts';
import type { FunctionUrls } from '../function-urls/function-urls.ts';
import type { AsynchronousInvoker } from '../lambda/invoke-asynchronously.ts';
import type { LocalFunction, LocalFunctionOptions } from '../lambda/local-function.ts';
import type { SecretStore } from '../secrets-manager/secret-store.ts';
import type { QueueState } from '../servers/queue-time.ts';
import type { StateMachines } from '../step-functions/state-machines.ts';
import type { PropertyRules } from '../template/property-rule.ts';
import type { Clock } from '../time/clock.ts';

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

/** Where the servers of a stack are, by service: `http://127.0.0.1:<port>`. */
export interface Endpoints {
  sqs: string;
  s3: string;
  dynamodb: string;
  eventbridge: string;
  sfn: string;
  secretsmanager: string;
}

/** The running stack, as resources see it while they are created. */
export interface World {
  stackName: string;
  region: string;
  accountId: string;
  /** As functions are told. */
  endpoints: Endpoints;
  sqs: SQSClient;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  assetPaths: ReadonlyMap<string, string>;
  clock: Clock;
  /** What a queue holds right now. */
  queueState(queueName: string): QueueState;
  eventBuses: EventBuses;
  ruleAnchors: RuleAnchors;
  stateMachines: StateMachines;
  secrets: SecretStore;
  asynchronousInvoker: AsynchronousInvoker;
  functionUrls: FunctionUrls;
  /** Who may invoke which function. */
  permissions: InvokePermission[];
  /** Functions by name. */
  functions: Map<string, LocalFunction>;
  /** What every function's process needs beside its own properties. */
  functionSurroundings: Pick<LocalFunctionOptions, 'keeper' | 'bootstrapPath' | 'now' | 'onReport' | 'standBetween'>;
  /** Variables of every function's process, for the stack's own ends. */
  surroundingVariables: Record<string, string>;
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
