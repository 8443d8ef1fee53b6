import { buildPlugin } from '../plugins/build.ts';
import type { TryLoad } from '../plugins/try-load.ts';
import { hashFiles, packFiles } from './archive/pack-files.ts';
import type { BuiltVersion, FetchedPlugin } from './fetched-plugin.ts';
import { SourceError } from './source-error.ts';
import { bytesText, SOURCE_LIMITS } from './source-limits.ts';

/**
 * Builds a plugin and lets it be loaded once. Only what has come through here may be installed.
 *
 * @throws SourceError `bad_plugin`, for its author: what is wrong with plugin.json, or file, line and column of what is wrong with the code.
 */
export async function buildVersion(
  { source, marker, label, files }: FetchedPlugin,
  tryLoad: TryLoad,
): Promise<BuiltVersion> {
  const { manifest, code, codeHash } = await buildPlugin(files, SOURCE_LIMITS.buildSeconds).catch((error: unknown) => {
    throw new SourceError('bad_plugin', (error as Error).message, { cause: error });
  });
  const codeBytes = Buffer.byteLength(code);
  if (codeBytes > SOURCE_LIMITS.codeBytes)
    throw new SourceError(
      'bad_plugin',
      `The built code of ${manifest.name} has ${bytesText(codeBytes)}; ${bytesText(SOURCE_LIMITS.codeBytes)} are allowed.`,
    );
  const outcome = await tryLoad({ name: manifest.name, code });
  if ('error' in outcome)
    throw new SourceError('bad_plugin', `The code of ${manifest.name} cannot be loaded: ${errorText(outcome.error)}`);
  const { capabilities, metrics } = outcome;
  return {
    source,
    marker,
    label,
    manifest,
    code,
    codeHash,
    capabilities,
    metrics,
    archive: packFiles(files),
    filesHash: hashFiles(files),
  };
}

function errorText({ name, message, stack }: { name: string; message: string; stack?: string }): string {
  // A stack begins with name and message, as far as the plugin has not changed it.
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${name}: ${message}`, ...frames].join('\n');
}
