import type { ApiClient } from '../api-client.ts';

/** A plugin in the chain of a project, as the API shows it. */
export interface ChainLink {
  id: number;
  plugin: number;
  plugin_name: string;
  enabled: boolean;
  order: number;
}

/** What runs in a project, and how its parts are called. */
export interface Chain {
  /** As it was when it was last read. */
  links(): readonly ChainLink[];
  nameOf(pluginConfigId: number): string;
  read(): Promise<void>;
}

/** Knows a project's chain. A plugin config that is new to it is looked up, so that it has its name the next time. */
export function createChain(api: ApiClient, projectId: number): Chain {
  let links: readonly ChainLink[] = [];
  const asked = new Set<number>();
  const read = async (): Promise<void> => {
    links = await api.listAll<ChainLink>('/api/plugin_config/', { team_id: projectId });
  };
  return {
    links: () => links,
    read,
    nameOf(id) {
      const known = links.find((link) => link.id === id);
      if (known === undefined && !asked.has(id)) {
        asked.add(id);
        // It is but a name: without an answer it goes by its number.
        read().catch(() => {});
      }
      return known?.plugin_name ?? `plugin config ${id}`;
    },
  };
}
