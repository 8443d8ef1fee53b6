import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, ResourcePolicy } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** What every event of the bus names as its source. */
const SOURCE = 'hoglet';

/** The bus for what an operator may want to act on, and a log in which all of it can be read. Rules of one's own go on the same bus. */
export class LifecycleBus extends Construct {
  readonly bus: EventBus;
  readonly logGroup: LogGroup;
  readonly logPolicy: ResourcePolicy;

  constructor(scope: Construct, id: string, { stackName, logRetentionDays }: Settings) {
    super(scope, id);
    const name = `${stackName}-lifecycle`;
    this.bus = new EventBus(this, 'Bus', { eventBusName: name, description: 'What plugins of Hoglet need a look at' });
    this.logGroup = new LogGroup(this, 'Log', {
      // Where the console looks for groups that rules write to.
      logGroupName: `/aws/events/${name}`,
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const rule = new Rule(this, 'LogAll', {
      description: 'Writes every lifecycle event to a log group',
      eventBus: this.bus,
      eventPattern: { source: [SOURCE] },
      // The CDK's own target has a function set the policy of the log group; CloudFormation can do that by itself.
      targets: [{ bind: () => ({ id: 'Log', arn: this.logArn() }) }],
    });
    this.logPolicy = this.letRuleWrite(rule, name);
  }

  /** Lets the function put events of Hoglet's, and no others, on the bus, whose name it finds in HOGLET_LIFECYCLE_BUS. */
  grantPut(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [this.bus.eventBusArn],
        // A request may have entries of several sources.
        conditions: { 'ForAllValues:StringEquals': { 'events:source': SOURCE } },
      }),
    );
    fn.addEnvironment('HOGLET_LIFECYCLE_BUS', this.bus.eventBusName);
  }

  /** As a rule names a log group: without what stands for its streams. */
  private logArn(): string {
    return Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: this.logGroup.logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  /** See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions */
  private letRuleWrite(rule: Rule, resourcePolicyName: string): ResourcePolicy {
    const principals = ['events.amazonaws.com', 'delivery.logs.amazonaws.com'].map(
      (service) => new ServicePrincipal(service),
    );
    const resources = [this.logGroup.logGroupArn];
    return new ResourcePolicy(this, 'LogPolicy', {
      resourcePolicyName,
      policyStatements: [
        new PolicyStatement({ actions: ['logs:CreateLogStream'], principals, resources }),
        new PolicyStatement({
          actions: ['logs:PutLogEvents'],
          principals,
          resources,
          conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
        }),
      ],
    });
  }
}
