import { z } from 'zod';
import { manifestProblem } from './manifest-problem.ts';

/** One line of a plugin's settings: a field when it has a `key`, otherwise a block of text. Unknown keys are kept. */
const configField = z.looseObject({
  key: z.string().optional(),
  name: z.string().optional(),
  /**
   * `string`, `attachment`, `choice` and `json` are PostHog's; authors also use `boolean`, `multiline`, `number`, `integer` and others.
   * Any is fine: plugins get the value as it was entered.
   */
  type: z.string().optional(),
  /** Stored with the plugin config when the user leaves the field alone; plugins never see it otherwise. */
  default: z.unknown().optional(),
  hint: z.string().optional(),
  markdown: z.string().optional(),
  /** Deprecated: fields come in the order in which they are written. */
  order: z.number().optional(),
  choices: z.array(z.string()).optional(),
  /** Marks the field for whoever fills it in. No plugin is kept from running by a value that is missing. */
  required: z.boolean().optional(),
  secret: z.boolean().optional(),
});

const fieldList = z.array(configField);

const manifest = z.looseObject({
  name: z.string().trim().min(1),
  description: z.string().optional(),
  url: z.string().optional(),
  /** Path of the source file within the plugin. */
  main: z.string().optional(),
  /** Path of extra source the plugin ships; nothing reads it. */
  lib: z.string().optional(),
  /** Always a list here; authors may also write an object keyed by field. */
  config: fieldList.default([]),
  /** Jobs that a user may start, by name. */
  publicJobs: z.record(z.string(), z.looseObject({})).optional(),
  /** A semver range of PostHog's versions; not enforced. */
  posthogVersion: z.string().optional(),
});

/** The older form of `config` is an object keyed by field: `{"apiKey": {"name": "API key"}}`. */
const olderManifest = manifest.extend({ config: z.record(z.string(), configField) });

/** What plugin.json says, as lenient as PostHog read it: unknown keys are kept, `config` is a list. */
export type PluginManifest = z.infer<typeof manifest>;

/**
 * Parses plugin.json.
 *
 * @throws one error that lists everything that is wrong with it: which field, what it must be, what it is.
 */
export function parseManifest(text: string): PluginManifest {
  const json = withoutNulls(parseJson(text), 0);
  const isOlder = isObject(json) && isObject(json['config']);
  const parsed = (isOlder ? olderManifest : manifest).safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `- ${manifestProblem(issue, json)}`);
    throw new Error(`plugin.json cannot be used:\n${problems.join('\n')}`);
  }
  const { main, config, ...rest } = parsed.data;
  return { ...rest, ...(main === undefined || main === '' ? {} : { main }), config: listOfFields(config) };
}

/** The values of a new plugin config: each field's default, as the settings form would have stored it. */
export function defaultConfig({ config }: PluginManifest): Record<string, unknown> {
  const fields = config.filter((field) => field.key !== undefined && field.default !== undefined);
  return Object.fromEntries(fields.map((field) => [field.key as string, field.default]));
}

type ConfigField = z.infer<typeof configField>;

function listOfFields(config: ConfigField[] | Record<string, ConfigField>): ConfigField[] {
  return Array.isArray(config) ? config : Object.entries(config).map(([key, field]) => ({ ...field, key }));
}

function parseJson(text: string): unknown {
  try {
    // Editors on Windows put a byte order mark in front.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(
      `Can not load plugin.json: it is not JSON (comments and trailing commas are not allowed): ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** A key whose value is null says the same as no key. */
function withoutNulls(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Error(`plugin.json cannot be used: it is nested more than ${MAX_DEPTH} times`);
  if (Array.isArray(value)) return value.map((inner) => withoutNulls(inner, depth + 1));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, key === 'default' ? inner : withoutNulls(inner, depth + 1)]),
  );
}

/** A field lies 3 deep. */
const MAX_DEPTH = 100;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
