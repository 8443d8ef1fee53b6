import type { Definition } from '../step-functions/definition.ts';
import { problemsOfDefinition } from '../step-functions/definition.ts';
import { problemsOfTask } from '../step-functions/run-lambda-task.ts';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

export const stepFunctionsStateMachine: ResourceType = {
  type: 'AWS::StepFunctions::StateMachine',
  properties: {
    StateMachineName: { honoured: 'the name of the state machine' },
    StateMachineType: { honoured: 'executions that may take a year', only: ['STANDARD'] },
    DefinitionString: { honoured: 'the definition, JSON text; see above for what it may hold' },
    RoleArn: { honoured: 'told to executions as `$$.Execution.RoleArn`; there is no IAM on this machine' },
    LoggingConfiguration: { accepted: 'there are no execution logs here; ask for an execution' },
    TracingConfiguration: { accepted: 'there is no X-Ray here' },
    EncryptionConfiguration: { accepted: 'nothing is encrypted on this machine' },
    Tags: { accepted: 'nothing reads tags here' },
  },
  create(resource, world) {
    const { logicalId, properties } = resource;
    const name = String(properties['StateMachineName'] ?? physicalName(resource, world).slice(0, 80));
    const definition = parse(logicalId, properties['DefinitionString']);
    const problems = problemsOfDefinition(definition, (state) => problemsOfTask(state, world.functions));
    if (problems.length > 0) {
      const place = `${logicalId} (AWS::StepFunctions::StateMachine)`;
      throw new Error([`${place}: the definition is not honoured by the local stack:`, ...problems].join('\n  - '));
    }
    const arn = world.stateMachines.add({ name, roleArn: String(properties['RoleArn'] ?? ''), definition });
    return { ref: arn, attributes: { Arn: arn, Name: name } };
  },
};

function parse(logicalId: string, definition: unknown): Definition {
  let parsed: Definition;
  try {
    parsed = JSON.parse(String(definition)) as Definition;
  } catch (cause) {
    throw new Error(`${logicalId}: DefinitionString is not JSON`, { cause });
  }
  if (typeof parsed?.States === 'object') return parsed;
  throw new Error(`${logicalId}: DefinitionString has no States`);
}
