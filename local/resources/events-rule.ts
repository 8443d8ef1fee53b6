import { functionNameOf, logGroupOf } from '../events/deliver-to-target.ts';
import type { RuleTarget } from '../events/event-buses.ts';
import { compilePattern } from '../events/event-pattern.ts';
import { parseSchedule } from '../events/schedule-expression.ts';
import { lookUp, parsePath } from '../step-functions/reference-path.ts';
import type { ResolvedResource, ResourceType, World } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

export const eventsRule: ResourceType = {
  type: 'AWS::Events::Rule',
  properties: {
    Name: { honoured: 'the name of the rule' },
    Description: { accepted: 'for people' },
    EventBusName: { honoured: 'the bus whose events it sees, by name or ARN' },
    EventPattern: { honoured: 'exact values, `prefix`, `anything-but`, `exists`, `numeric`' },
    ScheduleExpression: { honoured: '`rate(…)` and `cron(…)`, UTC' },
    State: { honoured: 'whether it does anything', only: ['ENABLED', 'DISABLED'] },
    RoleArn: { accepted: 'there is no IAM on this machine: every request is allowed' },
    Tags: { accepted: 'nothing reads tags here' },
    Targets: {
      honoured: 'functions, queues and log groups of this stack',
      of: {
        Id: { honoured: 'named in error texts' },
        Arn: {
          honoured: 'the function, which is invoked asynchronously, the queue, or the log group, which is a file',
        },
        Input: { honoured: 'what the target gets instead of the event' },
        InputPath: { honoured: 'the part of the event that the target gets' },
        DeadLetterConfig: {
          honoured: 'where events go that the target did not get',
          of: { Arn: { honoured: 'a queue of this stack' } },
        },
        RetryPolicy: { accepted: 'a delivery on this machine arrives, or fails for a reason that is not tried again' },
        RoleArn: { accepted: 'there is no IAM on this machine: every request is allowed' },
      },
    },
  },

  create(resource, world) {
    const { logicalId, properties } = resource;
    const name = String(properties['Name'] ?? physicalName(resource, world).slice(0, 64));
    const busName = world.eventBuses.findBus(String(properties['EventBusName'] ?? 'default'));
    if (busName === undefined) {
      throw new Error(`${logicalId}: EventBusName ${String(properties['EventBusName'])} is no bus of this stack`);
    }
    const { ScheduleExpression: schedule, EventPattern: pattern } = properties;
    if (schedule === undefined && pattern === undefined) {
      throw new Error(`${logicalId}: a rule needs a ScheduleExpression or an EventPattern`);
    }
    if (schedule !== undefined && busName !== 'default') {
      throw new Error(`${logicalId}: a rule with a ScheduleExpression must be on the default bus, not on ${busName}`);
    }
    const path = busName === 'default' ? name : `${busName}/${name}`;
    const arn = `arn:aws:events:${world.region}:${world.accountId}:rule/${path}`;
    world.eventBuses.addRule({
      name,
      arn,
      busName,
      enabled: properties['State'] !== 'DISABLED',
      targets: ((properties['Targets'] ?? []) as TargetProperties[]).map((target) =>
        readTarget(resource, target, world),
      ),
      ...(pattern === undefined ? {} : inContext(logicalId, () => ({ matches: compilePattern(pattern) }))),
      ...(schedule === undefined
        ? {}
        : inContext(logicalId, () => {
            const since = world.ruleAnchors.since(name, String(schedule), world.clock.now());
            return { schedule: String(schedule), nextAfter: parseSchedule(String(schedule), since) };
          })),
    });
    return { ref: name, attributes: { Arn: arn } };
  },
};

interface TargetProperties {
  Id: string;
  Arn: string;
  Input?: string;
  InputPath?: string;
  DeadLetterConfig?: { Arn: string };
}

function readTarget({ logicalId }: ResolvedResource, target: TargetProperties, { functions }: World): RuleTarget {
  const { Id: id, Arn: arn, Input: input, InputPath: inputPath, DeadLetterConfig: deadLetters } = target;
  const here = `${logicalId}: Targets ${id}`;
  const isFunction = arn.startsWith('arn:aws:lambda:');
  if (!isFunction && !arn.startsWith('arn:aws:sqs:') && logGroupOf(arn) === undefined) {
    throw new Error(
      `${here}: Arn ${arn} is not honoured by the local stack; honoured are Lambda functions, SQS queues and log groups`,
    );
  }
  if (isFunction && !functions.has(functionNameOf(arn))) {
    throw new Error(`${here}: Arn ${arn} is no function of this stack`);
  }
  if (input !== undefined) inContext(`${here}: Input`, () => JSON.parse(input) as unknown);
  if (inputPath !== undefined) inContext(`${here}: InputPath`, () => parsePath(inputPath));
  return {
    id,
    arn,
    ...(input === undefined ? {} : { input }),
    ...(inputPath === undefined
      ? {}
      : { selectInput: (event) => lookUp(inputPath, { input: event, context: undefined }) }),
    ...(deadLetters === undefined ? {} : { deadLetterArn: deadLetters.Arn }),
  };
}

function inContext<T>(owner: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Error(`${owner}: ${(error as Error).message}`, { cause: error });
  }
}
