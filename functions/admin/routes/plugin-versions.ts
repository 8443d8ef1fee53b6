import { z } from '@hono/zod-openapi';
import type { PluginVersion } from '../../../shared/registry/plugin-version.ts';
import { unpackArchive } from '../../../shared/sources/archive/unpack-archive.ts';
import { diffVersions } from '../../../shared/sources/diff-versions.ts';
import type { FileSet } from '../../../shared/sources/fetched-plugin.ts';
import { checkPlugin } from '../../check-plugin.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { byId, idText } from '../field-schemas.ts';
import { seenRevision } from '../if-match.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import {
  fetchLatest,
  forgetUpload,
  latestVersion,
  NEW_PLUGIN,
  NEXT_VERSION,
  type ReadyVersion,
  readyVersion,
} from '../wanted-plugin.ts';
import { PLUGIN, shownPlugin } from './plugin-shape.ts';
import { PLUGIN_PATH, PLUGINS_PATH, pluginAnswer } from './plugins.ts';

const SIDE = z.strictObject({ size_bytes: z.int(), sha256: z.string() }).nullable();
const FILE_DIFF = z
  .strictObject({
    path: z.string(),
    before: SIDE,
    after: SIDE,
    text: z.string().nullable().openapi({ description: 'A unified diff' }),
    omitted: z.enum(['binary', 'large', 'rewritten', 'total']).nullable(),
  })
  .openapi('FileDiff');

export const PLUGIN_VERSION_ROUTES: Route[] = [
  route({
    method: 'post',
    path: PLUGINS_PATH,
    scope: 'admin',
    summary: 'Installs a plugin: gets it, builds it, tries to load it',
    body: NEW_PLUGIN,
    versioned: true,
    answer: { status: 201, description: 'It is installed', schema: PLUGIN },
    async handle(deps, { body, caller }) {
      const { version, sourceToken } = await readyVersion(deps, caller, body);
      const plugin = await deps.plugins.create(version, sourceToken);
      await forgetUpload(deps, caller, body);
      return pluginAnswer(201, plugin, { url: version.source.url, tag: version.marker });
    },
  }),
  route({
    method: 'post',
    path: `${PLUGIN_PATH}upgrade/`,
    scope: 'admin',
    summary: 'Makes another version the one that runs: the latest of its source, or what is given',
    params: byId,
    body: NEXT_VERSION.default({ file_name: 'upload' }),
    versioned: true,
    answer: { status: 200, description: 'The plugin, as it is now', schema: PLUGIN },
    async handle(deps, { params, body, caller, ifMatch }) {
      const before = await deps.plugins.find(params.id);
      const seen = seenRevision(ifMatch, before);
      const isGiven = body.url !== undefined || body.source !== undefined || body.upload !== undefined;
      const { version, sourceToken }: ReadyVersion = isGiven
        ? await readyVersion(deps, caller, body)
        : { version: await latestVersion(deps, caller, before) };
      const { number } = await deps.plugins.addVersion(params.id, version);
      const after = await deps.plugins.switchTo(params.id, number, seen, sourceToken);
      await forgetUpload(deps, caller, body);
      return pluginAnswer(200, after, { from: before.version, to: after.version, tag: version.marker });
    },
  }),
  route({
    method: 'get',
    path: `${PLUGIN_PATH}check_for_updates/`,
    scope: 'admin',
    summary: 'Asks the source for its latest version, and remembers the answer',
    params: byId,
    answer: {
      status: 200,
      description: 'The plugin, with `latest_tag` and `update_available`',
      schema: z.strictObject({ plugin: PLUGIN }),
    },
    async handle(deps, { params }) {
      await checkPlugin(deps, await deps.plugins.find(params.id));
      return { status: 200, body: { plugin: shownPlugin(await deps.plugins.find(params.id)) } };
    },
  }),
  route({
    method: 'get',
    path: `${PLUGIN_PATH}source/`,
    scope: 'admin',
    summary: 'Shows the source of the version that runs, or of another; files that are no text are left out',
    params: byId,
    query: z.object({ version: idText.optional() }),
    answer: { status: 200, description: 'Texts by path', schema: z.record(z.string(), z.string()) },
    async handle(deps, { params, query }) {
      const { version } = await deps.plugins.find(params.id);
      const files = await filesOf(deps, await deps.plugins.findVersion(params.id, query.version ?? version));
      return {
        status: 200,
        body: Object.fromEntries([...files].flatMap(([path, content]) => textFile(path, content))),
      };
    },
  }),
  route({
    method: 'get',
    path: `${PLUGIN_PATH}diff/`,
    scope: 'admin',
    summary: 'Compares the version that runs with the latest of its source, or any two that were installed',
    params: byId,
    query: z.object({
      from: idText.optional().openapi({ description: 'The version that runs unless given' }),
      to: idText.optional().openapi({ description: 'The latest of the source unless given' }),
    }),
    answer: { status: 200, description: 'Files that differ, by path', schema: z.array(FILE_DIFF) },
    async handle(deps, { params, query }) {
      const plugin = await deps.plugins.find(params.id);
      const before = await filesOf(deps, await deps.plugins.findVersion(params.id, query.from ?? plugin.version));
      const after =
        query.to === undefined
          ? (await fetchLatest(deps, plugin)).files
          : await filesOf(deps, await deps.plugins.findVersion(params.id, query.to));
      const body = diffVersions(before, after).map(({ before: one, after: other, ...rest }) => ({
        ...rest,
        before: one && { size_bytes: one.sizeBytes, sha256: one.sha256 },
        after: other && { size_bytes: other.sizeBytes, sha256: other.sha256 },
      }));
      return { status: 200, body };
    },
  }),
];

async function filesOf({ plugins }: AdminDeps, version: PluginVersion): Promise<FileSet> {
  if (version.archiveHash === null)
    throw new Problem('unprocessable', `Of version ${version.number} there is only the code that runs, and no source`);
  return (await unpackArchive(await plugins.readArchive(version.archiveHash))).files;
}

function textFile(path: string, content: Uint8Array): [string, string][] {
  const text = Buffer.from(content).toString('utf8');
  return Buffer.from(text).equals(content) && !text.includes('\0') ? [[path, text]] : [];
}
