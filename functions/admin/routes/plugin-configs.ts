import { z } from '@hono/zod-openapi';
import type { ShownPluginConfig } from '../../../shared/registry/shown-config.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { type Caller, projectOfRequest, reached } from '../caller.ts';
import { byId, id, idText } from '../field-schemas.ts';
import { seenRevision } from '../if-match.ts';
import { PAGE_QUERY, page, pageOf } from '../pages.ts';
import { inPlace } from '../refusal-problem.ts';
import { type Answer, type Route, route } from '../route.ts';
import { configChange, PLUGIN_CONFIG, shownPluginConfig } from './plugin-config-shape.ts';
import { reachableProjects } from './projects.ts';

const LIST = '/api/plugin_config/';
const ONE = `${LIST}{id}/`;

const values = z.record(z.string(), z.unknown());
const allowedHosts = z.array(z.string().trim().min(1).max(300)).max(100).nullable();

export const PLUGIN_CONFIG_ROUTES: Route[] = [
  route({
    method: 'get',
    path: LIST,
    scope: 'read',
    summary: 'Lists plugin configs, each project’s in the order of its chain',
    query: z.object({ ...PAGE_QUERY, team_id: idText.optional(), enabled: z.enum(['true', 'false']).optional() }),
    answer: { status: 200, description: 'A page of them', schema: pageOf(PLUGIN_CONFIG) },
    async handle(deps, { query, caller, url }) {
      const projects = await reachableProjects(deps, caller);
      const wanted = projects.filter((project) => query.team_id === undefined || project.id === query.team_id);
      const lists = await Promise.all(wanted.map((project) => deps.pluginConfigs.list(project.id)));
      const fitting = lists.flat().filter(({ enabled }) => String(enabled) === (query.enabled ?? String(enabled)));
      const { results, ...rest } = page(fitting, query, url);
      return { status: 200, body: { ...rest, results: await shown(deps, results) } };
    },
  }),
  route({
    method: 'post',
    path: LIST,
    scope: 'write',
    summary: 'Puts a plugin into a project, last in its chain. Fields that are left out get their defaults',
    body: z.strictObject({
      plugin: id,
      team_id: id.optional().openapi({ description: 'May be left out when the token reaches one project only' }),
      enabled: z.boolean().default(false),
      config: values.default({}),
      allowed_hosts: allowedHosts.optional(),
    }),
    versioned: true,
    answer: { status: 201, description: 'It is made', schema: PLUGIN_CONFIG },
    async handle(deps, { body, caller }) {
      const projectId = projectOfRequest(caller, body.team_id, 'body.team_id');
      const change = {
        enabled: body.enabled,
        values: body.config,
        ...(body.allowed_hosts === undefined ? {} : { allowedHosts: body.allowed_hosts }),
      };
      const made = await inPlace(inConfig, () =>
        deps.pluginConfigs.create({ projectId, pluginId: body.plugin }, change),
      );
      return answer(deps, 201, made, { keys: Object.keys(body.config), enabled: body.enabled });
    },
  }),
  route({
    method: 'get',
    path: ONE,
    scope: 'read',
    summary: 'Shows a plugin config',
    params: byId,
    versioned: true,
    answer: { status: 200, description: 'It', schema: PLUGIN_CONFIG },
    handle: async (deps, { params, caller }) => answer(deps, 200, await findConfig(deps, caller, params.id)),
  }),
  route({
    method: 'patch',
    path: ONE,
    scope: 'write',
    summary: 'Changes a plugin config: values that are left out stay, null takes one away',
    params: byId,
    body: z.strictObject({
      enabled: z.boolean().optional(),
      config: values.optional(),
      allowed_hosts: allowedHosts.optional(),
    }),
    versioned: true,
    answer: { status: 200, description: 'It, as it is now', schema: PLUGIN_CONFIG },
    async handle(deps, { params, body, caller, ifMatch }) {
      const before = await findConfig(deps, caller, params.id);
      const change = {
        ...(body.enabled === undefined ? {} : { enabled: body.enabled }),
        ...(body.allowed_hosts === undefined ? {} : { allowedHosts: body.allowed_hosts }),
        ...configChange(body.config ?? {}, before),
      };
      const seen = seenRevision(ifMatch, before);
      const after = await inPlace(inConfig, () => deps.pluginConfigs.update(params.id, change, seen));
      const details = {
        keys: Object.keys(body.config ?? {}),
        ...(body.enabled === undefined ? {} : { enabled: body.enabled }),
      };
      return answer(deps, 200, after, details);
    },
  }),
  route({
    method: 'delete',
    path: ONE,
    scope: 'write',
    summary: 'Takes a plugin out of its project',
    params: byId,
    versioned: true,
    answer: { status: 204, description: 'It is gone' },
    async handle(deps, { params, caller, ifMatch }) {
      const { projectId, ...before } = await findConfig(deps, caller, params.id);
      seenRevision(ifMatch, before);
      await deps.pluginConfigs.remove(params.id);
      return { status: 204, change: { target: `plugin config ${params.id}`, projectId } };
    },
  }),
];

/** Where in a request the field of a plugin is. */
export const inConfig = (field: string): string => `body.config.${field}`;

/** @throws Problem `not_found`, also for one of a project that is out of reach */
export async function findConfig(deps: AdminDeps, caller: Caller, configId: number): Promise<ShownPluginConfig> {
  return reached(
    caller,
    `plugin config ${configId}`,
    () => deps.pluginConfigs.find(configId),
    (found) => found.projectId,
  );
}

/** Plugin configs as the API shows them, with the names of their plugins. */
export async function shown({ plugins }: AdminDeps, configs: readonly ShownPluginConfig[]) {
  const names = new Map((await plugins.list()).map(({ id: pluginId, manifest }) => [pluginId, manifest.name]));
  return configs.map((config) => shownPluginConfig(config, names.get(config.pluginId) ?? ''));
}

/** @param details of a change, for the audit log; none when nothing was changed */
export async function answer(
  deps: AdminDeps,
  status: number,
  config: ShownPluginConfig,
  details?: Record<string, unknown>,
): Promise<Answer> {
  const [body] = await shown(deps, [config]);
  const change = details && { target: `plugin config ${config.id}`, projectId: config.projectId, details };
  return { status, body, etag: String(config.revision), ...(change === undefined ? {} : { change }) };
}
