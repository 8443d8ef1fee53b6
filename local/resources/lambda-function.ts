import { randomBytes } from 'node:crypto';
import { functionVariables, reservedVariables } from '../lambda/function-variables.ts';
import { createLocalFunction } from '../lambda/local-function.ts';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

export const lambdaFunction: ResourceType = {
  type: 'AWS::Lambda::Function',
  properties: {
    FunctionName: { honoured: 'the name of the function' },
    Code: {
      honoured: 'the asset that the CDK has bundled',
      of: {
        S3Bucket: { accepted: 'assets are read from the cloud assembly' },
        S3Key: { honoured: 'finds the asset' },
      },
    },
    Handler: { honoured: 'file and export in the bundle' },
    Runtime: { honoured: 'Node.js 24', only: ['nodejs24.x'] },
    Timeout: { honoured: 'seconds, then the function is killed' },
    MemorySize: { honoured: 'mebibytes for all its processes, then the function is killed' },
    Environment: {
      honoured: 'the environment of the process, beside what Lambda sets',
      of: { Variables: { honoured: 'by name' } },
    },
    LoggingConfig: {
      honoured: 'as lines of text',
      of: {
        LogFormat: { honoured: 'lines stay as they are written', only: ['Text'] },
        LogGroup: { honoured: 'told to the function; the lines go to logs/<function>.log' },
      },
    },
    DeadLetterConfig: {
      honoured: 'where asynchronous events go that are given up',
      of: { TargetArn: { honoured: 'a queue of this stack' } },
    },
    Role: { accepted: 'there is no IAM on this machine' },
    Architectures: { accepted: 'functions run on the processor that is here' },
    Description: { accepted: 'for people' },
    RecursiveLoop: { honoured: 'there is no loop detection here', only: ['Allow'] },
    TracingConfig: { accepted: 'there is no X-Ray here' },
    Tags: { accepted: 'nothing reads tags here' },
  },

  create(resource, world) {
    const { logicalId, properties } = resource;
    const name = String(properties['FunctionName'] ?? physicalName(resource, world).slice(0, 64));
    const arn = `arn:aws:lambda:${world.region}:${world.accountId}:function:${name}`;
    const { S3Key: assetKey = '' } = (properties['Code'] ?? {}) as { S3Key?: string };
    const taskRoot = world.assetPaths.get(assetKey);
    if (taskRoot === undefined) throw new Error(`${logicalId}: the cloud assembly has no asset ${assetKey}`);

    const { Variables: own = {} } = (properties['Environment'] ?? {}) as { Variables?: Record<string, string> };
    const reserved = reservedVariables(own);
    if (reserved.length > 0) {
      throw new Error(`${logicalId}: Environment.Variables sets ${reserved.join(', ')}, which Lambda keeps for itself`);
    }
    const { LogGroup: logGroup = `/aws/lambda/${name}` } = (properties['LoggingConfig'] ?? {}) as { LogGroup?: string };
    // Lambda's defaults are 128 MB and 3 s.
    const memoryMegabytes = Number(properties['MemorySize'] ?? 128);
    const timeoutSeconds = Number(properties['Timeout'] ?? 3);

    const localFunction = createLocalFunction({
      ...world.functionSurroundings,
      logicalId,
      name,
      functionArn: arn,
      taskRoot,
      memoryMegabytes,
      timeoutSeconds,
      onLine: (line) => world.onFunctionLine(name, line),
      variables: functionVariables(
        {
          name,
          region: world.region,
          memoryMegabytes,
          handler: String(properties['Handler']),
          runtime: String(properties['Runtime']),
          taskRoot,
          logGroup,
          logStream: `${new Date(world.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`,
          endpoints: world.endpoints,
        },
        withSurroundings(own, world.surroundingVariables),
      ),
    });
    world.functions.set(name, localFunction);
    const { TargetArn: deadLetters } = (properties['DeadLetterConfig'] ?? {}) as { TargetArn?: string };
    if (deadLetters !== undefined) {
      if (!deadLetters.startsWith('arn:aws:sqs:')) {
        throw new Error(`${logicalId}: DeadLetterConfig.TargetArn is ${deadLetters}; honoured are SQS queues`);
      }
      world.asynchronousInvoker.setDeadLetters(name, deadLetters);
    }
    return { ref: name, attributes: { Arn: arn } };
  },
};

/** Both may have options for Node.js. */
function withSurroundings(own: Record<string, unknown>, surroundings: Record<string, string>): Record<string, string> {
  const texts = Object.fromEntries(Object.entries(own).map(([variable, value]) => [variable, String(value)]));
  const options = [texts['NODE_OPTIONS'], surroundings['NODE_OPTIONS']].filter((each) => each !== undefined);
  return { ...texts, ...surroundings, ...(options.length === 0 ? {} : { NODE_OPTIONS: options.join(' ') }) };
}
