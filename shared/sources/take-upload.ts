import type { PluginFiles } from '../plugins/bundle-imports.ts';
import { hashFiles } from './archive/pack-files.ts';
import { unpackArchive } from './archive/unpack-archive.ts';
import type { FetchedPlugin } from './fetched-plugin.ts';
import { shortHash, versionOfContent } from './sites/archive-file.ts';

/**
 * Takes a plugin that somebody sent: a zip or tar.gz, whatever its name.
 *
 * @throws SourceError as `unpackArchive`.
 */
export async function takeUpload(archive: Uint8Array, name: string): Promise<FetchedPlugin> {
  return {
    source: { kind: 'upload', name },
    ...versionOfContent(archive),
    etag: null,
    ...(await unpackArchive(archive)),
  };
}

/** Takes a folder of this machine as it is, which `readPluginFolder` has read; its version is its content. */
export function takeFolder(given: PluginFiles, name: string): FetchedPlugin {
  const files = new Map(
    [...given].map(([path, content]) => [path, typeof content === 'string' ? Buffer.from(content) : content]),
  );
  const hash = hashFiles(files);
  return {
    source: { kind: 'upload', name },
    marker: `sha256:${hash}`,
    label: shortHash(hash),
    etag: null,
    files,
    ignored: [],
  };
}
