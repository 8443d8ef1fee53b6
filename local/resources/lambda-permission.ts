import { functionNameOf } from '../events/deliver-to-target.ts';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

export const lambdaPermission: ResourceType = {
  type: 'AWS::Lambda::Permission',
  properties: {
    Action: { honoured: 'invocations', only: ['lambda:InvokeFunction'] },
    FunctionName: { honoured: 'name or ARN of a function of this stack' },
    Principal: { honoured: 'the service; EventBridge looks for its own' },
    SourceArn: { honoured: 'the rule that may invoke; any when it is not given' },
    SourceAccount: { accepted: 'there is one account here' },
  },
  create(resource, world) {
    const { FunctionName: nameOrArn, Principal: principal, SourceArn: sourceArn } = resource.properties;
    const functionName = functionNameOf(String(nameOrArn));
    if (!world.functions.has(functionName)) {
      throw new Error(`${resource.logicalId}: FunctionName ${String(nameOrArn)} is no function of this stack`);
    }
    world.permissions.push({
      functionName,
      principal: String(principal),
      ...(sourceArn === undefined ? {} : { sourceArn: String(sourceArn) }),
    });
    return { ref: physicalName(resource, world) };
  },
};
