import type { Endpoints } from '../resources/resource-type.ts';

/** What Lambda tells a function about itself through its environment, from the template's values. */
export interface FunctionIdentity {
  name: string;
  region: string;
  memoryMegabytes: number;
  handler: string;
  runtime: string;
  taskRoot: string;
  logGroup: string;
  logStream: string;
  endpoints: Endpoints;
}

/** Any credentials will do for the embedded servers; the SDK only wants to sign with some. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 'local' } as const;

/**
 * Puts together a function's whole environment: nothing comes from the environment of this process.
 *
 * @param own the template's variables; AWS does not let them replace those of Lambda
 */
export function functionVariables(identity: FunctionIdentity, own: Record<string, string>): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...own,
    AWS_REGION: identity.region,
    AWS_DEFAULT_REGION: identity.region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
    AWS_ENDPOINT_URL_SQS: identity.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: identity.endpoints.s3,
    AWS_ENDPOINT_URL_DYNAMODB: identity.endpoints.dynamodb,
    AWS_ENDPOINT_URL_EVENTBRIDGE: identity.endpoints.eventbridge,
    AWS_ENDPOINT_URL_SFN: identity.endpoints.sfn,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: identity.endpoints.secretsmanager,
    AWS_EXECUTION_ENV: `AWS_Lambda_${identity.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: identity.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(identity.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: identity.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: identity.logStream,
    LAMBDA_TASK_ROOT: identity.taskRoot,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    _HANDLER: identity.handler,
  };
}

/** Names that Lambda keeps for itself: a template that sets one fails to deploy. */
const RESERVED =
  /^(?:_HANDLER|_X_AMZN_TRACE_ID|AWS_(?:DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|AWS_ACCESS_KEY(?:_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;

export function reservedVariables(own: Record<string, string>): string[] {
  return Object.keys(own).filter((name) => RESERVED.test(name));
}
