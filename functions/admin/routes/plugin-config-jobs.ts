import { z } from '@hono/zod-openapi';
import type { InstalledPlugin } from '../../../shared/registry/plugin-version.ts';
import type { ShownPluginConfig } from '../../../shared/registry/shown-config.ts';
import { checkJobPayload, listed } from '../check-job-payload.ts';
import { byId, time } from '../field-schemas.ts';
import { Problem } from '../problem.ts';
import { inputProblem } from '../read-input.ts';
import { type Route, route } from '../route.ts';
import { findConfig } from './plugin-configs.ts';

const PATH = '/api/plugin_config/{id}/job/';

const LONGEST_WAIT_SECONDS = 31_536_000;

const JOB = z
  .strictObject({
    type: z.string(),
    public: z.boolean().openapi({ description: 'Whether plugin.json has it in `publicJobs`' }),
    payload: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: 'Its fields, as plugin.json has them' }),
  })
  .openapi('Job');

export const PLUGIN_CONFIG_JOB_ROUTES: Route[] = [
  route({
    method: 'get',
    path: PATH,
    scope: 'read',
    summary: 'Lists the jobs that a plugin has',
    params: byId,
    answer: {
      status: 200,
      description: 'All of them',
      schema: z.strictObject({ results: z.array(JOB) }),
    },
    async handle(deps, { params, caller }) {
      const config = await findConfig(deps, caller, params.id);
      const { manifest, ...plugin } = await deps.plugins.find(config.pluginId);
      const { publicJobs = {} } = manifest;
      const names = [...new Set([...Object.keys(publicJobs), ...(jobsOf(plugin, config) ?? [])])];
      const results = names.map((type) => {
        const payload = Object.hasOwn(publicJobs, type) ? publicJobs[type]?.['payload'] : undefined;
        return { type, public: Object.hasOwn(publicJobs, type), payload: isObject(payload) ? payload : null };
      });
      return { status: 200, body: { results } };
    },
  }),
  route({
    method: 'post',
    path: PATH,
    scope: 'write',
    summary: 'Runs a job of a plugin, now or later',
    params: byId,
    body: z.strictObject({
      job: z.strictObject({
        type: z.string().min(1).max(255),
        payload: z.record(z.string(), z.unknown()).default({}),
        operation: z.string().max(255).default('start').openapi({ description: 'The job finds it as `$operation`' }),
      }),
      run_in_seconds: z.int().min(0).max(LONGEST_WAIT_SECONDS).default(0),
      id: z.uuid().optional().openapi({
        description: 'Of your own, for asking again when the answer was lost: the same id is the same job',
      }),
    }),
    answer: {
      status: 202,
      description: 'It will be run',
      schema: z.strictObject({ id: z.string(), type: z.string(), run_at: time }),
    },
    async handle(deps, { params, body, caller }) {
      const config = await findConfig(deps, caller, params.id);
      const { manifest, ...plugin } = await deps.plugins.find(config.pluginId);
      const { type, operation } = body.job;
      const { publicJobs = {} } = manifest;
      const isPublic = Object.hasOwn(publicJobs, type);
      const known = jobsOf(plugin, config);
      if (known?.includes(type) === false)
        throw inputProblem([{ path: 'body.job.type', message: `the plugin has no such job; ${listed(known)}` }]);
      const checked = checkJobPayload(isPublic ? publicJobs[type] : undefined, body.job.payload);
      if ('problems' in checked) {
        throw inputProblem(
          checked.problems.map(({ path, message }) => ({ path: `body.job.payload.${path}`, message })),
        );
      }
      if (!config.enabled)
        throw new Problem(
          'conflict',
          `Plugin config ${config.id} is disabled, so its jobs would be dropped; enable it`,
        );

      const runAt = deps.now() + body.run_in_seconds * 1000;
      // Nobody can name a job of another plugin config by it.
      const id = `${config.id}-${body.id ?? deps.newId()}`;
      const payload = JSON.stringify({ ...checked.payload, $operation: operation });
      await deps.jobs.add([{ kind: 'job', id, plugin: config.id, name: type, payload, runAt, hops: 0, retries: 0 }]);
      const details = { job: type, operation, run_in_seconds: body.run_in_seconds, id };
      return {
        status: 202,
        body: { id, type, run_at: new Date(runAt).toISOString() },
        change: { target: `plugin config ${config.id}`, projectId: config.projectId, details },
      };
    },
  }),
];

/** As loading it has told: when it was installed, or when a function ran it. Null for one that was never loaded. */
function jobsOf({ capabilities }: Pick<InstalledPlugin, 'capabilities'>, config: ShownPluginConfig): string[] | null {
  return (capabilities ?? config.capabilities)?.jobs ?? null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
