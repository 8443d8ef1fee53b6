import { functionNameOf } from '../events/deliver-to-target.ts';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

export const lambdaPermission: ResourceType = {
  type: 'AWS::Lambda::Permission',
  properties: {
    Action: { honoured: 'invocations', only: ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'] },
    FunctionName: { honoured: 'name or ARN of a function of this stack' },
    FunctionUrlAuthType: { honoured: 'the kind of URL', only: ['NONE'] },
    InvokedViaFunctionUrl: { honoured: 'that it is for invocations by the URL only', only: [true] },
    Principal: { honoured: 'the service; EventBridge looks for its own, a URL for `*`' },
    SourceArn: { honoured: 'the rule that may invoke; any when it is not given' },
    SourceAccount: { accepted: 'there is one account here' },
  },
  create(resource, world) {
    const { Action: action, FunctionName: nameOrArn, Principal: principal, SourceArn: sourceArn } = resource.properties;
    const functionName = functionNameOf(String(nameOrArn));
    if (!world.functions.has(functionName)) {
      throw new Error(`${resource.logicalId}: FunctionName ${String(nameOrArn)} is no function of this stack`);
    }
    world.permissions.push({
      action: String(action),
      functionName,
      principal: String(principal),
      ...(sourceArn === undefined ? {} : { sourceArn: String(sourceArn) }),
    });
    return { ref: physicalName(resource, world) };
  },
};
