import { z } from '@hono/zod-openapi';
import type { NewPluginVersion } from '../../shared/registry/plugin-version.ts';
import { packFiles } from '../../shared/sources/archive/pack-files.ts';
import { buildVersion } from '../../shared/sources/build-version.ts';
import type { FetchedPlugin } from '../../shared/sources/fetched-plugin.ts';
import { sourceText } from '../../shared/sources/plugin-source.ts';
import { createSecret } from '../../shared/sources/secret.ts';
import { takeUpload } from '../../shared/sources/take-upload.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { ownerOf, readUpload, UPLOAD } from './routes/uploads.ts';

const FIELDS = {
  url: z
    .string()
    .trim()
    .min(1)
    .max(2_000)
    .optional()
    .openapi({ description: 'npm package, GitHub or GitLab repository, URL of an archive, or a name of the library' }),
  source: z
    .record(z.string().min(1).max(300), z.string().max(1_000_000))
    .optional()
    .openapi({
      description: 'Files by their paths, plugin.json among them',
      example: { 'plugin.json': '{"name":"…"}' },
    }),
  upload: UPLOAD.optional().openapi({ description: 'A .zip, .tgz or .tar.gz that was uploaded before' }),
  file_name: z.string().min(1).max(255).default('upload'),
};

const SOURCES = ['url', 'source', 'upload'] as const;

function sourcesOf(body: Record<string, unknown>): string[] {
  return SOURCES.filter((name) => body[name] !== undefined);
}

/** Where a new plugin comes from: exactly one of three. */
export const NEW_PLUGIN = z.strictObject(FIELDS).refine((body) => sourcesOf(body).length === 1, {
  path: ['url'],
  message: 'give one of `url`, `source` and `upload`',
});

/** Where the next version comes from: the plugin's own source unless one of three is given. */
export const NEXT_VERSION = z.strictObject(FIELDS).refine((body) => sourcesOf(body).length <= 1, {
  path: ['url'],
  message: 'give at most one of `url`, `source` and `upload`',
});

type Wanted = z.output<typeof NEW_PLUGIN>;

/** A version that may be installed: built, and loaded once. */
export interface ReadyVersion {
  version: NewPluginVersion;
  /** For private sources, to be kept sealed. */
  sourceToken?: string;
}

/** Gets, builds and tries what a request asks for. Nothing is stored. @throws SourceError, Problem */
export async function readyVersion(deps: AdminDeps, caller: Caller, wanted: Wanted): Promise<ReadyVersion> {
  const { url, source, upload, file_name: fileName } = wanted;
  if (url !== undefined) return fetchedVersion(deps, caller, url);
  const archive = upload === undefined ? packFiles(bytesOf(source ?? {})) : await readUpload(deps, caller, upload);
  return { version: await builtVersion(deps, caller, await takeUpload(archive, fileName)) };
}

/** @param keptToken for the source, when the text has none of its own */
export async function fetchedVersion(
  deps: AdminDeps,
  caller: Caller,
  text: string,
  keptToken?: string,
): Promise<ReadyVersion> {
  const parsed = deps.sources.parse(text);
  const sourceToken = parsed.privateToken?.reveal() ?? keptToken;
  const token = sourceToken === undefined ? null : createSecret(sourceToken);
  const version = await builtVersion(deps, caller, await deps.sources.fetch(parsed.source, token));
  return { version, ...(sourceToken === undefined ? {} : { sourceToken }) };
}

/** What is uploaded is of no use any more once it is installed. */
export async function forgetUpload({ uploads }: AdminDeps, caller: Caller, { upload }: Wanted): Promise<void> {
  if (upload !== undefined) await uploads.remove(ownerOf(caller), upload);
}

async function builtVersion({ tryLoad }: AdminDeps, caller: Caller, fetched: FetchedPlugin): Promise<NewPluginVersion> {
  const { manifest, code, codeHash, archive, marker, capabilities, metrics, source } = await buildVersion(
    fetched,
    tryLoad,
  );
  return {
    built: { manifest, code, codeHash },
    source: { kind: source.kind, url: source.kind === 'upload' ? null : sourceText(source) },
    marker,
    archive,
    capabilities,
    metrics,
    installedBy: caller.tokenId,
  };
}

function bytesOf(source: Record<string, string>): Map<string, Uint8Array> {
  return new Map(Object.entries(source).map(([path, text]) => [path, Buffer.from(text)]));
}
