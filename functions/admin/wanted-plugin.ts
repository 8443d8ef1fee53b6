import { z } from '@hono/zod-openapi';
import type { InstalledPlugin, NewPluginVersion } from '../../shared/registry/plugin-version.ts';
import { packFiles } from '../../shared/sources/archive/pack-files.ts';
import { buildVersion } from '../../shared/sources/build-version.ts';
import type { FetchedPlugin } from '../../shared/sources/fetched-plugin.ts';
import { sourceText } from '../../shared/sources/plugin-source.ts';
import { takeUpload } from '../../shared/sources/take-upload.ts';
import { keptToken } from '../check-plugin.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { Problem } from './problem.ts';
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
  if (url !== undefined) {
    const { source: named, privateToken } = deps.sources.parse(url);
    const version = await builtVersion(deps, caller, await deps.sources.fetch(named, privateToken));
    return privateToken === null ? { version } : { version, sourceToken: privateToken.reveal() };
  }
  try {
    const archive = upload === undefined ? packFiles(bytesOf(source ?? {})) : await readUpload(deps, caller, upload);
    return { version: await builtVersion(deps, caller, await takeUpload(archive, fileName)) };
  } catch (error) {
    // What is refused now is refused the next time: nothing of it stays.
    if ((error as Error).name === 'SourceError') await forgetUpload(deps, caller, wanted);
    throw error;
  }
}

/** Gets, builds and tries the version that a plugin's own source has by now: for what is pinned, what it is updated to. */
export async function latestVersion(
  deps: AdminDeps,
  caller: Caller,
  plugin: Pick<InstalledPlugin, 'id' | 'source' | 'marker'>,
): Promise<NewPluginVersion> {
  return builtVersion(deps, caller, await fetchLatest(deps, plugin));
}

/** Fetches it, and no more. @throws SourceError, Problem for a plugin that has no source */
export async function fetchLatest(
  deps: Pick<AdminDeps, 'plugins' | 'sources'>,
  { id, source: { url }, marker }: Pick<InstalledPlugin, 'id' | 'source' | 'marker'>,
): Promise<FetchedPlugin> {
  if (url === null)
    throw new Problem(
      'unprocessable',
      'It was uploaded, so there is no source to ask: give `upload`, `source` or `url`',
    );
  const { source } = deps.sources.parse(url);
  const token = await keptToken(deps, id);
  // An archive is its own latest version, and asking for that would fetch it twice.
  const found =
    source.kind === 'archive'
      ? null
      : await deps.sources.check({ source, marker: marker ?? '', label: '' }, null, token);
  return deps.sources.fetch(found?.isNewer ? found.latest.source : source, token);
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
