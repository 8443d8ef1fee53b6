import { z } from '@hono/zod-openapi';
import { projectOfRequest } from '../caller.ts';
import { byId, id } from '../field-schemas.ts';
import { seenRevision } from '../if-match.ts';
import { inputProblem } from '../read-input.ts';
import { inPlace } from '../refusal-problem.ts';
import { type Route, route } from '../route.ts';
import { PLUGIN_CONFIG } from './plugin-config-shape.ts';
import { answer, findConfig, inConfig, shown } from './plugin-configs.ts';
import { ownerOf, readUpload, UPLOAD } from './uploads.ts';

const place = z.number();

export const PLUGIN_CONFIG_ACTION_ROUTES: Route[] = [
  route({
    method: 'patch',
    path: '/api/plugin_config/rearrange/',
    scope: 'write',
    summary: 'Arranges the chain of a project; those that are not named keep their places',
    body: z
      .strictObject({
        team_id: id.optional(),
        order: z.array(id).max(1_000).optional().openapi({ description: 'Ids of plugin configs, first to last' }),
        orders: z
          .record(z.string().regex(/^\d{1,15}$/, 'must be the id of a plugin'), place)
          .optional()
          .openapi({ description: 'As PostHog: places by the id of the plugin' }),
      })
      .refine(({ order, orders }) => (order === undefined) !== (orders === undefined), {
        path: ['order'],
        message: 'give either `order` or `orders`',
      }),
    answer: { status: 200, description: 'The chain, in its order', schema: z.array(PLUGIN_CONFIG) },
    async handle(deps, { body, caller, ifMatch }) {
      const projectId = projectOfRequest(caller, body.team_id, 'body.team_id');
      const before = await deps.pluginConfigs.list(projectId);
      const { order, orders = {} } = body;
      const byPlugin = before.filter(({ pluginId }) => Object.hasOwn(orders, pluginId));
      const places = Object.fromEntries(
        order?.map((configId, index) => [configId, index + 1]) ??
          byPlugin.map((config) => [config.id, orders[config.pluginId] as number]),
      );
      const seen =
        ifMatch === undefined
          ? undefined
          : seenRevision(ifMatch, { revision: await deps.pluginConfigs.readOrderRevision(projectId) });
      await inPlace(
        (field) => `body.order.${field}`,
        () => deps.pluginConfigs.rearrange(projectId, places, seen),
      );
      const after = await deps.pluginConfigs.list(projectId);
      return {
        status: 200,
        body: await shown(deps, after),
        change: {
          target: `chain of project ${projectId}`,
          projectId,
          details: { order: after.map((each) => each.id) },
        },
      };
    },
  }),
  route({
    method: 'post',
    path: '/api/plugin_config/{id}/attachments/',
    scope: 'write',
    summary: 'Sets a field that takes a file, with a file that was uploaded before',
    params: byId,
    body: z.strictObject({
      key: z.string().min(1).max(255),
      file_name: z.string().min(1).max(255),
      content_type: z
        .string()
        .regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/, 'must be a content type such as application/json')
        .default('application/octet-stream'),
      upload: UPLOAD,
    }),
    versioned: true,
    answer: { status: 200, description: 'The plugin config, as it is now', schema: PLUGIN_CONFIG },
    async handle(deps, { params, body, caller, ifMatch }) {
      const before = await findConfig(deps, caller, params.id);
      const seen = seenRevision(ifMatch, before);
      if (body.key === '__proto__') throw inputProblem([{ path: 'body.key', message: 'cannot be a key' }]);
      const contents = await readUpload(deps, caller, body.upload);
      const file = { fileName: body.file_name, contentType: body.content_type };
      const after = await inPlace(inConfig, async () => {
        const attachment = await deps.pluginConfigs.putAttachment(file, contents);
        return deps.pluginConfigs.update(params.id, { attachments: { [body.key]: attachment } }, seen);
      });
      await deps.uploads.remove(ownerOf(caller), body.upload);
      return answer(deps, 200, after, { attachment: body.key, bytes: contents.byteLength });
    },
  }),
];
