import { Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { exportRetryDefinition } from './export-retry-definition.ts';
import { type PluginSurroundings, pluginFunction } from './plugin-function.ts';
import { functionTimeoutSeconds } from './plugin-function-times.ts';
import type { QueueWithDeadLetters } from './queue-with-dead-letters.ts';

export interface ExportRetryProps extends PluginSurroundings {
  deliveries: QueueWithDeadLetters;
}

/** Tries batches again that `exportEvents` asked to have again, up to 15 times over most of a day; what is given up becomes dead letters. */
export class ExportRetry extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: ExportRetryProps) {
    super(scope, id);
    const { settings, deliveries, assets } = props;
    // The same plugins, and the same hook, as in deliver-events.
    const row = settings.deliverEvents;

    const fn = pluginFunction(this, 'Function', {
      ...props,
      row,
      description: 'Gives a batch of events to exportEvents once more, or gives it up',
      entry: 'functions/retry-export/retry-export.lambda.ts',
    });
    deliveries.grantSendDeadLetters(fn, 'HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL');
    assets.grantReadExports(fn);

    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] }));
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: `${settings.stackName}-export-retry`,
      definitionBody: DefinitionBody.fromString(
        Stack.of(this).toJsonString(exportRetryDefinition(fn.functionArn, functionTimeoutSeconds(row))),
      ),
      role,
    });
    Validations.of(this.stateMachine).acknowledge(
      {
        id: 'AwsSolutions-SF1',
        reason:
          'An execution tells its whole story in its own history, and the function logs each attempt. Logging every ' +
          'event of up to sixteen attempts once more would cost more than the attempts.',
      },
      {
        id: 'AwsSolutions-SF2',
        reason: 'There is one state that does work, and its function logs what it does; a trace would show one span.',
      },
    );
  }

  /** Lets the function start executions of the state machine, whose ARN it finds in the environment variable. */
  grantStart(fn: LambdaFunction, variable: string): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [this.stateMachine.stateMachineArn] }),
    );
    fn.addEnvironment(variable, this.stateMachine.stateMachineArn);
  }
}
