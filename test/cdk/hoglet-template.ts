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
