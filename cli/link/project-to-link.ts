import type { ApiClient } from '../api-client.ts';
import { UsageError } from '../usage-error.ts';

export interface LinkProject {
  id: number;
  name: string;
}

const PROJECTS = '/api/projects/';

/** The project that linked plugins run in: the one that is wanted, or the first; made when there is none. @throws UsageError */
export async function projectToLink(api: ApiClient, wanted?: number): Promise<LinkProject> {
  const projects = await api.listAll<LinkProject>(PROJECTS);
  if (wanted !== undefined) {
    const found = projects.find(({ id }) => id === wanted);
    if (found !== undefined) return found;
    const known = projects.map(({ id, name }) => `${id} (${name})`).join(', ') || 'none';
    throw new UsageError(`There is no project ${wanted}; there are ${known}.`);
  }
  const first = projects.toSorted((a, b) => a.id - b.id)[0];
  return (
    first ?? (await api.request<LinkProject>({ path: PROJECTS, method: 'POST', body: { name: 'Demo', id: 1 } })).body
  );
}
