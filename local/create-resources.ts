import type { CreatedResource, World } from './resources/resource-type.ts';
import { RESOURCE_TYPES } from './resources/resource-types.ts';
import { evaluateConditions } from './template/evaluate-conditions.ts';
import { orderResources } from './template/order-resources.ts';
import { problemsOfProperties } from './template/property-rule.ts';
import type { Scope } from './template/resolve-intrinsics.ts';
import { NO_VALUE, resolveIntrinsics } from './template/resolve-intrinsics.ts';
import type { Template, TemplateResource } from './template/template.ts';
import { problemsOfForm } from './template/template.ts';

/**
 * Lists everything in the template that the local stack does not honour, by resource, type and property.
 * Values that are still intrinsic functions are looked at when they are resolved.
 */
export function problemsOfTemplate(template: Template): string[] {
  return [
    ...problemsOfForm(template),
    ...Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties = {} }]) => {
      const resourceType = RESOURCE_TYPES.get(Type);
      if (resourceType !== undefined)
        return problemsOfProperties(Properties, resourceType.properties, `${logicalId} (${Type})`);
      const known = [...RESOURCE_TYPES.keys()].sort().join(', ');
      return [`${logicalId}: resource type ${Type} is not honoured by the local stack; known here: ${known}`];
    }),
  ];
}

/**
 * Creates the template's resources, each after those it depends on.
 *
 * @returns the template's outputs
 * @throws one error with all that is not honoured, before anything is created; or the first resource that fails
 */
export async function createResources(template: Template, world: World): Promise<Record<string, string>> {
  refuse(problemsOfTemplate(template));

  const created = new Map<string, CreatedResource>();
  const pseudoParameters: Record<string, unknown> = {
    'AWS::AccountId': world.accountId,
    'AWS::NoValue': NO_VALUE,
    'AWS::NotificationARNs': [],
    'AWS::Partition': 'aws',
    'AWS::Region': world.region,
    'AWS::StackId': `arn:aws:cloudformation:${world.region}:${world.accountId}:stack/${world.stackName}/local`,
    'AWS::StackName': world.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const parameter = (name: string) => pseudoParameters[name] ?? template.Parameters?.[name]?.Default;
  const condition = evaluateConditions(template.Conditions ?? {}, parameter);
  const scope: Scope = {
    ref: (name) => created.get(name)?.ref ?? parameter(name),
    attribute: (logicalId, attribute) => created.get(logicalId)?.attributes?.[attribute],
    condition,
  };
  const included = <T extends { Condition?: string }>([, { Condition }]: [string, T]): boolean =>
    Condition === undefined || condition(Condition) === true;

  const resources = Object.fromEntries(Object.entries(template.Resources).filter(included));
  for (const logicalId of orderResources(resources)) {
    const { Type, Properties = {} } = resources[logicalId] as TemplateResource;
    const resourceType = RESOURCE_TYPES.get(Type);
    if (resourceType === undefined) continue;
    const owner = `${logicalId} (${Type})`;
    const properties = inContext(owner, () => resolveIntrinsics(Properties, scope, '')) as Record<string, unknown>;
    refuse(problemsOfProperties(properties, resourceType.properties, owner));
    created.set(logicalId, await resourceType.create({ logicalId, properties }, world));
  }

  return Object.fromEntries(
    Object.entries(template.Outputs ?? {})
      .filter(included)
      .map(([name, { Value }]) => [
        name,
        String(inContext(`Output ${name}`, () => resolveIntrinsics(Value, scope, 'Value'))),
      ]),
  );
}

function refuse(problems: string[]): void {
  if (problems.length > 0) {
    throw new Error(['The template asks for what the local stack cannot honour:', ...problems].join('\n  - '));
  }
}

function inContext<T>(owner: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Error(`${owner}: ${(error as Error).message}`, { cause: error });
  }
}
