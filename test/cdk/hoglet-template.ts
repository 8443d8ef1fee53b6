import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { hogletApp } from '../../cdk/hoglet-app.ts';

/** The context that leaves esbuild out: the template is the same but for the hash of the code. */
export const WITHOUT_BUNDLING = { 'aws:cdk:bundling-stacks': [] };

/** The template as it is synthesised under the given context. */
export function hogletTemplate(context: Record<string, unknown> = {}): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'hoglet-template-'));
  try {
    return Template.fromStack(hogletApp({ outdir, context: { ...WITHOUT_BUNDLING, ...context } }).stack);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

/** The resources of a type, by logical id. An unknown type is an error, so that no test passes over nothing. */
export function resourcesOf(template: Template, type: string): Record<string, Resource> {
  const found = template.findResources(type) as Record<string, Resource>;
  if (Object.keys(found).length === 0) throw new Error(`The template has no ${type}`);
  return found;
}

/** The properties of the only resource of a type. */
export function propertiesOf(template: Template, type: string): Record<string, unknown> {
  const found = Object.values(resourcesOf(template, type));
  const only = found[0];
  if (found.length !== 1 || only === undefined) throw new Error(`The template has ${found.length} of ${type}, not 1`);
  return only.Properties;
}

/** The properties of the only resource of a type whose logical id begins like this. */
export function propertiesOfThe(template: Template, type: string, idPrefix: string): Record<string, unknown> {
  const found = Object.entries(resourcesOf(template, type)).filter(([id]) => id.startsWith(idPrefix));
  const [only] = found;
  if (found.length !== 1 || only === undefined)
    throw new Error(`The template has ${found.length} of ${type} that begin with ${idPrefix}, not 1`);
  return only[1].Properties;
}

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** What a role may do: action to the resources it is allowed on, each as text: the logical id, then what follows its ARN. */
export function permissionsOf(template: Template, idPrefix: string): Record<string, string[]> {
  const document = propertiesOfThe(template, 'AWS::IAM::Policy', idPrefix)['PolicyDocument'] as {
    Statement: Statement[];
  };
  const found = new Map<string, string[]>();
  for (const { Action, Resource } of document.Statement) {
    const resources = [Resource].flat().map((resource) => nameOf(resource));
    for (const action of [Action].flat()) found.set(action, [...(found.get(action) ?? []), ...resources].sort());
  }
  return Object.fromEntries(found);
}

/** `{Ref: Id}`, `{Fn::GetAtt: [Id, Arn]}` and `{Fn::Join: ['', [{Fn::GetAtt: …}, '/tail']]}` as `Id` and `Id/tail`, hash removed. */
function nameOf(resource: unknown): string {
  const {
    'Fn::GetAtt': attribute,
    'Fn::Join': joined,
    Ref: reference,
  } = resource as { 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]]; Ref?: string };
  if (reference !== undefined) return reference.replace(/[0-9A-F]{8}$/, '');
  if (attribute?.[1] === 'Arn') return attribute[0].replace(/[0-9A-F]{8}$/, '');
  if (joined !== undefined) return joined[1].map((part) => (typeof part === 'string' ? part : nameOf(part))).join('');
  throw new Error(`Not the ARN of a resource of this stack: ${JSON.stringify(resource)}`);
}

/** The environment variables of a function. */
export function variablesOf(properties: Record<string, unknown>): Record<string, unknown> {
  return (properties['Environment'] as { Variables: Record<string, unknown> }).Variables;
}
