import { attributeNames } from './resolve-intrinsics.ts';
import type { TemplateResource } from './template.ts';

/**
 * Orders resources so that each comes after all that it refers to or names in DependsOn; else the template's order is kept.
 *
 * @returns logical ids
 * @throws when resources depend on each other in a circle, or one depends on a resource that is not there
 */
export function orderResources(resources: Record<string, TemplateResource>): string[] {
  const ordered = new Set<string>();
  const path: string[] = [];

  function visit(logicalId: string): void {
    if (ordered.has(logicalId)) return;
    const start = path.indexOf(logicalId);
    if (start !== -1) {
      throw new Error(`Resources depend on each other in a circle: ${[...path.slice(start), logicalId].join(' → ')}`);
    }
    const resource = resources[logicalId];
    if (resource === undefined) throw new Error(`${path.at(-1)}: DependsOn names ${logicalId}, which is not there`);
    path.push(logicalId);
    for (const dependency of dependenciesOf(resource, resources)) visit(dependency);
    path.pop();
    ordered.add(logicalId);
  }

  for (const logicalId of Object.keys(resources)) visit(logicalId);
  return [...ordered];
}

function dependenciesOf(resource: TemplateResource, resources: Record<string, TemplateResource>): Set<string> {
  const named = new Set<string>();
  collect(resource.Properties, named);
  const implicit = [...named].filter((name) => Object.hasOwn(resources, name));
  return new Set([...implicit, ...[resource.DependsOn ?? []].flat()]);
}

/** Adds every name that Ref, Fn::GetAtt and Fn::Sub mention; parameters are among them. */
function collect(value: unknown, named: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, argument] of Object.entries(value)) {
    if (key === 'Ref') named.add(String(argument));
    else if (key === 'Fn::GetAtt') named.add(attributeNames(argument, 'Fn::GetAtt')[0]);
    else {
      if (key === 'Fn::Sub') {
        const pattern: unknown = Array.isArray(argument) ? argument[0] : argument;
        for (const [, name] of String(pattern).matchAll(/\$\{([^!}.][^}.]*)[^}]*\}/g)) named.add(name as string);
      }
      collect(argument, named);
    }
  }
}
