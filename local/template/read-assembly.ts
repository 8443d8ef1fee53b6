import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Template } from './template.ts';

/** What `cdk synth` left behind: one stack's template and the files its functions are made of. */
export interface Assembly {
  stackName: string;
  template: Template;
  /** Absolute path of the asset's directory or file, by the S3 key under which the CDK would upload it. */
  assetPaths: Map<string, string>;
}

interface Manifest {
  artifacts?: Record<
    string,
    { type: string; properties?: { templateFile?: string; stackName?: string; file?: string } }
  >;
}

interface AssetManifest {
  files?: Record<
    string,
    { source: { path?: string; executable?: string[] }; destinations: Record<string, { objectKey: string }> }
  >;
}

/**
 * Reads the cloud assembly in `directory`.
 *
 * @throws when the directory holds no assembly, or not exactly one stack
 */
export async function readAssembly(directory: string): Promise<Assembly> {
  const manifest = await readJson<Manifest>(
    join(directory, 'manifest.json'),
    `${directory} holds no cloud assembly: synthesise the CDK app into it first`,
  );
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    throw new Error(
      `The cloud assembly in ${directory} has ${stacks.length} stacks (${stacks.map(([id]) => id).join(', ')}); ` +
        'the local stack runs exactly one',
    );
  }
  const [artifactId, { properties = {} }] = stack;
  const template = await readJson<Template>(join(directory, properties.templateFile ?? `${artifactId}.template.json`));

  const assetPaths = new Map<string, string>();
  for (const [, artifact] of artifacts) {
    if (artifact.type !== 'cdk:asset-manifest' || artifact.properties?.file === undefined) continue;
    const assets = await readJson<AssetManifest>(join(directory, artifact.properties.file));
    for (const { source, destinations } of Object.values(assets.files ?? {})) {
      if (source.path === undefined) continue;
      for (const { objectKey } of Object.values(destinations)) assetPaths.set(objectKey, join(directory, source.path));
    }
  }
  return { stackName: properties.stackName ?? artifactId, template, assetPaths };
}

async function readJson<T>(path: string, whatIfMissing?: string): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(whatIfMissing ?? `${path} cannot be read`, { cause });
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new Error(`${path} is not JSON`, { cause });
  }
}
