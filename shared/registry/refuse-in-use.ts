import { type RegistryTable, readPartition } from './read-items.ts';
import { KIND } from './registry-items.ts';
import { RegistryRefusal } from './registry-refusal.ts';

/** A check for people, not a lock: plugin configs that appear meanwhile are left out by readers. @throws RegistryRefusal `in-use` */
export async function refuseInUse(table: RegistryTable, kind: 'project' | 'plugin', id: number): Promise<void> {
  const field = kind === 'project' ? 'teamId' : 'pluginId';
  const configs = await readPartition<{ id: number; teamId: number; pluginId: number }>(table, KIND.pluginConfig);
  const users = configs.filter((config) => config[field] === id).map((config) => config.id);
  if (users.length === 0) return;
  throw new RegistryRefusal(
    'in-use',
    `Cannot remove ${kind} ${id}: the plugin configs ${users.join(', ')} belong to it; remove them first`,
    { users },
  );
}
