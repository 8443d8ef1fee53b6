import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { Secrets } from '../secrets/secrets.ts';
import { type ChangeDeps, changeItem, type Expected, type Revised } from './change-item.ts';
import { type ProjectChange, problemsOfProject } from './check-project.ts';
import { nextId, reserveId } from './next-id.ts';
import type { Project } from './plugin-config.ts';
import { isSameToken, newProjectToken, projectIdOf } from './project-token.ts';
import { readItem, readPartition } from './read-items.ts';
import { refuseInUse } from './refuse-in-use.ts';
import { bumpVersion, itemKey, KIND } from './registry-items.ts';
import { notFound, RegistryRefusal, refuseInvalid } from './registry-refusal.ts';

export interface ProjectStoreDeps extends ChangeDeps {
  secrets: Secrets;
  randomBytes: (size: number) => Uint8Array;
}

/** A project as it may be shown. */
export interface ShownProject extends Omit<Required<Project>, 'posthogHost' | 'posthogProjectKey' | 'personalApiKey'> {
  posthogHost: string | null;
  posthogProjectKey: string | null;
  hasPersonalApiKey: boolean;
  /** ISO 8601. */
  createdAt: string;
  /** For `update`. */
  revision: number;
}

/** Projects. @throws RegistryRefusal, where it does not do what it is asked for. */
export interface ProjectStore {
  /** @param id when it must be a certain one, for example that of a team of PostHog; refuses (`exists`) one that is taken. */
  create(project: ProjectChange & { name: string }, id?: number): Promise<ShownProject>;
  /** Refuses (`conflict`) when the project is not at the revision that the caller saw. */
  update(id: number, change: ProjectChange, seen?: { revision: number }): Promise<ShownProject>;
  /** Gives the project another token; the one it had is worth nothing from then on. */
  rotateToken(id: number, seen?: { revision: number }): Promise<ShownProject>;
  find(id: number): Promise<ShownProject>;
  /** All, by id. */
  list(): Promise<ShownProject[]>;
  /** The project that events with this token belong to, in one read; null for a token that is none's. */
  findByToken(token: string): Promise<ShownProject | null>;
  /** Refuses (`in-use`) while plugins are configured in it. */
  remove(id: number): Promise<void>;
}

type ProjectItem = Revised<Project & { createdAt?: string }>;

export function createProjectStore(deps: ProjectStoreDeps): ProjectStore {
  const read = (id: number) => readItem<ProjectItem>(deps, itemKey(KIND.project, id));

  const store = async (id: number, fields: object, expected: Expected): Promise<ShownProject | null> => {
    const change = { key: itemKey(KIND.project, id), what: `project ${id}`, fields: { ...fields }, expected };
    const stored = await changeItem<ProjectItem>(deps, change);
    return stored && shown(stored);
  };

  /** The fields as they are stored: the key sealed, what is not set left out. */
  const fieldsOf = async (id: number, { posthogHost, posthogProjectKey, personalApiKey, ...plain }: ProjectChange) => ({
    ...plain,
    ...(plain.name !== undefined && { name: plain.name.trim() }),
    ...(posthogHost !== undefined && { posthogHost: posthogHost?.replace(/\/+$/, '') }),
    ...(posthogProjectKey !== undefined && { posthogProjectKey: posthogProjectKey ?? undefined }),
    ...(personalApiKey !== undefined && {
      personalApiKey:
        personalApiKey === null ? undefined : await deps.secrets.seal(personalKeyPlace(id), personalApiKey),
    }),
  });

  const create = async (id: number, project: ProjectChange): Promise<ShownProject | null> => {
    const fields = {
      anonymizeIps: false,
      timezone: 'UTC',
      createdAt: new Date(deps.now()).toISOString(),
      ...(await fieldsOf(id, project)),
      id,
      token: newProjectToken(id, deps.randomBytes),
    };
    return store(id, fields, 'absent');
  };

  return {
    async create(project, id) {
      refuseInvalid('project', { ...problemsOfProject(project), ...(id !== undefined && problemOfId(id)) });
      if (id !== undefined) {
        await reserveId(deps, KIND.project, id);
        const created = await create(id, project);
        if (created === null) throw new RegistryRefusal('exists', `There is a project ${id} already`);
        return created;
      }
      for (;;) {
        const created = await create(await nextId(deps, KIND.project), project);
        if (created !== null) return created;
      }
    },

    async update(id, change, seen) {
      refuseInvalid(`project ${id}`, problemsOfProject(change));
      return (await store(id, await fieldsOf(id, change), seen ?? 'present')) as ShownProject;
    },

    async rotateToken(id, seen) {
      return (await store(id, { token: newProjectToken(id, deps.randomBytes) }, seen ?? 'present')) as ShownProject;
    },

    async find(id) {
      const item = await read(id);
      if (item === undefined) throw notFound(`project ${id}`);
      return shown(item);
    },

    list: async () => (await readPartition<ProjectItem>(deps, KIND.project)).map(shown),

    async findByToken(token) {
      const id = projectIdOf(token);
      const item = id === null ? undefined : await read(id);
      return item?.token !== undefined && isSameToken(item.token, token) ? shown(item) : null;
    },

    async remove(id) {
      await refuseInUse(deps, 'project', id);
      for (const kind of [KIND.project, KIND.chain])
        await deps.dynamodb.send(new DeleteCommand({ TableName: deps.table, Key: { ...itemKey(kind, id) } }));
      await bumpVersion(deps.dynamodb, deps.table);
    },
  };
}

/** A key that is sealed for one project opens for no other. */
export function personalKeyPlace(projectId: number) {
  return [KIND.project, projectId, 'personalApiKey'] as const;
}

function shown({ id, name, revision, ...item }: ProjectItem): ShownProject {
  return {
    id,
    name,
    token: item.token ?? '',
    anonymizeIps: item.anonymizeIps ?? false,
    timezone: item.timezone ?? 'UTC',
    posthogHost: item.posthogHost ?? null,
    posthogProjectKey: item.posthogProjectKey ?? null,
    hasPersonalApiKey: item.personalApiKey !== undefined,
    createdAt: item.createdAt ?? '',
    revision,
  };
}

function problemOfId(id: number): Record<string, string> {
  return Number.isSafeInteger(id) && id > 0 && id <= MAX_ID
    ? {}
    : { id: `must be a whole number from 1 to ${MAX_ID}; got ${id}` };
}

/** Ids of PostHog are integers of 32 bits. */
const MAX_ID = 2_147_483_647;
