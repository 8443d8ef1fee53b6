import { functionNameOf } from '../events/deliver-to-target.ts';
import type { ResourceType } from './resource-type.ts';

export const lambdaUrl: ResourceType = {
  type: 'AWS::Lambda::Url',
  properties: {
    TargetFunctionArn: { honoured: 'name or ARN of a function of this stack' },
    AuthType: { honoured: 'who may call it', only: ['NONE'] },
    InvokeMode: { honoured: 'answers are given as a whole', only: ['BUFFERED'] },
  },
  async create({ logicalId, properties }, world) {
    const functionName = functionNameOf(String(properties['TargetFunctionArn']));
    const localFunction = world.functions.get(functionName);
    if (localFunction === undefined) {
      throw new Error(
        `${logicalId}: TargetFunctionArn ${String(properties['TargetFunctionArn'])} is no function of this stack`,
      );
    }
    // Both are needed, the second only for invocations by the URL.
    const mayInvoke = (action: string) =>
      world.permissions.some(
        (permission) =>
          permission.functionName === functionName && permission.principal === '*' && permission.action === action,
      );
    const url = await world.functionUrls.add({
      logicalId,
      localFunction,
      isPublic: () => mayInvoke('lambda:InvokeFunctionUrl') && mayInvoke('lambda:InvokeFunction'),
    });
    return { ref: localFunction.arn, attributes: { FunctionArn: localFunction.arn, FunctionUrl: url } };
  },
};
