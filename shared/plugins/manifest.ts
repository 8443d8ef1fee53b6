import { z } from 'zod';

/** One line of a plugin's settings: a field when it has a `key`, otherwise a block of text. Unknown keys are kept. */
const configField = z.looseObject({
  key: z.string().optional(),
  name: z.string().optional(),
  /** `string`, `attachment`, `choice`, `json`; authors use others, which count as `string`. */
  type: z.string().optional(),
  /** Stored with the plugin config when the user leaves the field alone; plugins never see it otherwise. */
  default: z.unknown().optional(),
  hint: z.string().optional(),
  markdown: z.string().optional(),
  choices: z.array(z.string()).optional(),
  required: z.boolean().optional(),
  secret: z.boolean().optional(),
});

const manifest = z.looseObject({
  name: z.string().trim().min(1),
  description: z.string().optional(),
  url: z.string().optional(),
  /** Path of the source file within the plugin. */
  main: z.string().min(1).optional(),
  /** Path of extra source the plugin ships; nothing reads it. */
  lib: z.string().optional(),
  /** Always a list here; authors may also write an object keyed by field. */
  config: z.preprocess(listOfFields, z.array(configField)).default([]),
  /** Jobs that a user may start, by name. */
  publicJobs: z.record(z.string(), z.looseObject({})).optional(),
  /** A semver range of PostHog's versions; not enforced. */
  posthogVersion: z.string().optional(),
});

/** What plugin.json says, as lenient as PostHog read it: unknown keys are kept, `config` is a list. */
export type PluginManifest = z.infer<typeof manifest>;

/**
 * Parses plugin.json.
 *
 * @throws one error that lists everything that is wrong with it.
 */
export function parseManifest(text: string): PluginManifest {
  const parsed = manifest.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `- ${pathText(path)}: ${message}`);
  throw new Error(`plugin.json cannot be used:\n${problems.join('\n')}`);
}

/** The values of a new plugin config: each field's default, as the settings form would have stored it. */
export function defaultConfig({ config }: PluginManifest): Record<string, unknown> {
  const fields = config.filter((field) => field.key !== undefined && field.default !== undefined);
  return Object.fromEntries(fields.map((field) => [field.key as string, field.default]));
}

/** The older form of `config` is an object keyed by field: `{"apiKey": {"name": "API key"}}`. */
function listOfFields(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return config;
  return Object.entries(config).map(([key, field]) =>
    typeof field === 'object' && field !== null ? { ...(field as object), key } : field,
  );
}

function parseJson(text: string): unknown {
  try {
    // Editors on Windows put a byte order mark in front.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(
      `plugin.json is not JSON (comments and trailing commas are not allowed): ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function pathText(path: PropertyKey[]): string {
  if (path.length === 0) return 'the whole file';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
