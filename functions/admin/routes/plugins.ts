import { z } from '@hono/zod-openapi';
import type { InstalledPlugin } from '../../../shared/registry/plugin-version.ts';
import { byId, id } from '../field-schemas.ts';
import { seenRevision } from '../if-match.ts';
import { PAGE_QUERY, page, pageOf } from '../pages.ts';
import { type Answer, type Route, route } from '../route.ts';
import { PLUGIN, shownPlugin, shownVersion, VERSION } from './plugin-shape.ts';

export const PLUGINS_PATH = '/api/organizations/@current/plugins/';
export const PLUGIN_PATH = `${PLUGINS_PATH}{id}/`;

/** Plugins belong to no project: whoever may configure one may see what there is to configure. */
export const PLUGIN_ROUTES: Route[] = [
  route({
    method: 'get',
    path: PLUGINS_PATH,
    scope: 'read',
    summary: 'Lists plugins that are installed',
    query: z.object(PAGE_QUERY),
    answer: { status: 200, description: 'A page of them, by id', schema: pageOf(PLUGIN) },
    async handle({ plugins }, { query, url }) {
      const { results, ...rest } = page(await plugins.list(), query, url);
      return { status: 200, body: { ...rest, results: results.map(shownPlugin) } };
    },
  }),
  route({
    method: 'get',
    path: PLUGIN_PATH,
    scope: 'read',
    summary: 'Shows a plugin',
    params: byId,
    versioned: true,
    answer: { status: 200, description: 'It', schema: PLUGIN },
    handle: async ({ plugins }, { params }) => pluginAnswer(200, await plugins.find(params.id)),
  }),
  route({
    method: 'delete',
    path: PLUGIN_PATH,
    scope: 'admin',
    summary: 'Removes a plugin, and all its versions, that no project has any more',
    params: byId,
    versioned: true,
    answer: { status: 204, description: 'It is gone' },
    async handle({ plugins }, { params, ifMatch }) {
      seenRevision(ifMatch, await plugins.find(params.id));
      await plugins.remove(params.id);
      return { status: 204, change: { target: `plugin ${params.id}` } };
    },
  }),
  route({
    method: 'get',
    path: `${PLUGIN_PATH}versions/`,
    scope: 'read',
    summary: 'Lists the versions of a plugin that were installed, the newest first',
    params: byId,
    query: z.object(PAGE_QUERY),
    answer: { status: 200, description: 'A page of them', schema: pageOf(VERSION) },
    async handle({ plugins }, { params, query, url }) {
      const { version } = await plugins.find(params.id);
      const { results, ...rest } = page(await plugins.listVersions(params.id), query, url);
      return { status: 200, body: { ...rest, results: results.map((each) => shownVersion(each, version)) } };
    },
  }),
  route({
    method: 'post',
    path: `${PLUGIN_PATH}rollback/`,
    scope: 'admin',
    summary: 'Makes a version that was installed the one that runs, an earlier or a later one',
    params: byId,
    body: z.strictObject({ version: id }),
    versioned: true,
    answer: { status: 200, description: 'The plugin, as it is now', schema: PLUGIN },
    async handle({ plugins }, { params, body, ifMatch }) {
      const before = await plugins.find(params.id);
      const after = await plugins.switchTo(params.id, body.version, seenRevision(ifMatch, before));
      return pluginAnswer(200, after, { from: before.version, to: after.version });
    },
  }),
];

/** @param details of a change, for the audit log; none when nothing was changed */
export function pluginAnswer(status: number, plugin: InstalledPlugin, details?: Record<string, unknown>): Answer {
  const change = details && { target: `plugin ${plugin.id}`, details };
  return {
    status,
    body: shownPlugin(plugin),
    etag: String(plugin.revision),
    ...(change === undefined ? {} : { change }),
  };
}
