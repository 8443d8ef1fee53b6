import { z } from '@hono/zod-openapi';
import { SECRET_MASK } from '../../../shared/registry/check-config.ts';
import type { ProjectChange } from '../../../shared/registry/check-project.ts';
import type { ShownProject } from '../../../shared/registry/project-store.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { type Caller, mayReach, reached } from '../caller.ts';
import { byId, id, time } from '../field-schemas.ts';
import { seenRevision } from '../if-match.ts';
import { PAGE_QUERY, page, pageOf } from '../pages.ts';
import { inPlace } from '../refusal-problem.ts';
import { type Answer, type Route, route } from '../route.ts';

const LIST = '/api/projects/';
const ONE = `${LIST}{id}/`;

const PROJECT = z
  .strictObject({
    id,
    name: z.string(),
    api_token: z.string().openapi({ description: 'With what clients send events to it' }),
    anonymize_ips: z.boolean(),
    timezone: z.string(),
    created_at: time.nullable(),
    posthog_host: z.string().nullable(),
    posthog_project_key: z.string().nullable(),
    personal_api_key: z
      .string()
      .nullable()
      .openapi({ description: `Null, or "${SECRET_MASK}" when it is set. It is never shown` }),
  })
  .openapi('Project');

const text = z.string().max(2_000);
const FIELDS = {
  anonymize_ips: z.boolean().optional(),
  timezone: text.optional().openapi({ description: 'Of IANA’s database', example: 'Europe/Berlin' }),
  posthog_host: text.nullable().optional(),
  posthog_project_key: text.nullable().optional(),
  personal_api_key: text.nullable().optional(),
};

export const PROJECT_ROUTES: Route[] = [
  route({
    method: 'get',
    path: LIST,
    scope: 'read',
    summary: 'Lists the projects that the token reaches',
    query: z.object(PAGE_QUERY),
    answer: { status: 200, description: 'A page of them, by id', schema: pageOf(PROJECT) },
    async handle(deps, { query, caller, url }) {
      const { results, ...rest } = page(await reachableProjects(deps, caller), query, url);
      return { status: 200, body: { ...rest, results: results.map(shown) } };
    },
  }),
  route({
    method: 'post',
    path: LIST,
    scope: 'admin',
    summary: 'Creates a project',
    body: z.strictObject({
      ...FIELDS,
      name: text,
      id: z
        .int()
        .min(1)
        .max(999_999_999_999)
        .optional()
        .openapi({ description: 'As it is in PostHog, for example; the next free one unless given' }),
    }),
    versioned: true,
    answer: { status: 201, description: 'It is made', schema: PROJECT },
    async handle({ projects }, { body: { id: wanted, name, ...fields } }) {
      const made = await naming(() => projects.create({ ...changeOf(fields), name }, wanted));
      return answer(201, made, [...Object.keys(fields), 'name']);
    },
  }),
  route({
    method: 'get',
    path: ONE,
    scope: 'read',
    summary: 'Shows a project',
    params: byId,
    versioned: true,
    answer: { status: 200, description: 'It', schema: PROJECT },
    handle: async (deps, { params, caller }) => answer(200, await findProject(deps, caller, params.id)),
  }),
  route({
    method: 'patch',
    path: ONE,
    scope: 'write',
    summary: 'Changes a project: what is left out stays',
    params: byId,
    body: z.strictObject({ ...FIELDS, name: text.optional() }),
    versioned: true,
    answer: { status: 200, description: 'It, as it is now', schema: PROJECT },
    async handle(deps, { params, body, caller, ifMatch }) {
      const seen = seenRevision(ifMatch, await findProject(deps, caller, params.id));
      const after = await naming(() => deps.projects.update(params.id, changeOf(body), seen));
      return answer(200, after, Object.keys(body));
    },
  }),
  route({
    method: 'patch',
    path: `${ONE}reset_token/`,
    scope: 'write',
    summary: 'Gives a project a new token for sending events; the old one ends at once',
    params: byId,
    versioned: true,
    answer: { status: 200, description: 'It, with the new token', schema: PROJECT },
    async handle(deps, { params, caller, ifMatch }) {
      const seen = seenRevision(ifMatch, await findProject(deps, caller, params.id));
      return answer(200, await deps.projects.rotateToken(params.id, seen), ['api_token']);
    },
  }),
  route({
    method: 'delete',
    path: ONE,
    scope: 'admin',
    summary: 'Removes a project that has no plugin configs any more',
    params: byId,
    versioned: true,
    answer: { status: 204, description: 'It is gone' },
    async handle(deps, { params, caller, ifMatch }) {
      seenRevision(ifMatch, await findProject(deps, caller, params.id));
      await deps.projects.remove(params.id);
      return { status: 204, change: { target: `project ${params.id}`, projectId: params.id } };
    },
  }),
];

/** All that the token reaches, by id. */
export async function reachableProjects({ projects }: AdminDeps, caller: Caller): Promise<ShownProject[]> {
  return (await projects.list()).filter((project) => mayReach(caller, project.id));
}

/** @throws Problem `not_found`, also for one that is out of reach */
export async function findProject({ projects }: AdminDeps, caller: Caller, projectId: number): Promise<ShownProject> {
  return reached(
    caller,
    `project ${projectId}`,
    () => projects.find(projectId),
    (found) => found.id,
  );
}

/** The registry's names of fields are not those of the API. */
function naming<Result>(run: () => Promise<Result>): Promise<Result> {
  return inPlace((field) => `body.${field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`, run);
}

type Fields = { [Key in keyof typeof FIELDS]?: z.output<(typeof FIELDS)[Key]> } & { name?: string | undefined };

function changeOf(fields: Fields): ProjectChange {
  const { personal_api_key: key } = fields;
  const change: { [Key in keyof ProjectChange]: ProjectChange[Key] | undefined } = {
    name: fields.name,
    anonymizeIps: fields.anonymize_ips,
    timezone: fields.timezone,
    posthogHost: fields.posthog_host,
    posthogProjectKey: fields.posthog_project_key,
    // Who sends back what they were shown changes nothing.
    personalApiKey: key === SECRET_MASK ? undefined : key,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function shown(project: ShownProject): z.input<typeof PROJECT> {
  return {
    id: project.id,
    name: project.name,
    api_token: project.token,
    anonymize_ips: project.anonymizeIps,
    timezone: project.timezone,
    created_at: project.createdAt === '' ? null : project.createdAt,
    posthog_host: project.posthogHost,
    posthog_project_key: project.posthogProjectKey,
    personal_api_key: project.hasPersonalApiKey ? SECRET_MASK : null,
  };
}

/** @param changed names of fields, for the audit log; none when nothing was changed */
function answer(status: number, project: ShownProject, changed?: string[]): Answer {
  const change = changed && { target: `project ${project.id}`, projectId: project.id, details: { fields: changed } };
  return { status, body: shown(project), etag: String(project.revision), ...(change === undefined ? {} : { change }) };
}
