import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { PluginConfig, SetupAttempts } from './plugin-config.ts';
import { bumpVersion, itemKey, KIND, orFalse, type RegistryDatabase } from './registry-items.ts';

export interface RegistrySetupsDeps {
  dynamodb: RegistryDatabase;
  table: string;
}

/** What a successful load tells of a plugin. */
export type PluginLoad = Pick<PluginConfig, 'capabilities' | 'metrics'>;

/** `won`: it is stored. Otherwise `stored` is what stands there instead, null when nothing does. */
export type SetupClaim = { won: true } | { won: false; stored: SetupAttempts | null };

/** How execution environments agree on who sets up a plugin config that has asked to be tried again. */
export interface RegistrySetups {
  /**
   * Keeps what a successful load told, where it told anything, and takes back the error and the attempts. When there were attempts, the
   * version is counted: all environments may set the plugin up now.
   */
  recordLoad(pluginConfigId: number, load: PluginLoad): Promise<void>;
  /** Counts the first attempt of a revision as failed. Is won by one of those that fail together. */
  recordFirstFailure(pluginConfigId: number, first: SetupAttempts): Promise<SetupClaim>;
  /** Takes the attempt that follows `before`. Is won by one of those that find it due together. */
  claimAttempt(pluginConfigId: number, before: SetupAttempts, next: SetupAttempts): Promise<SetupClaim>;
}

export function createRegistrySetups({ dynamodb, table }: RegistrySetupsDeps): RegistrySetups {
  const store = async (
    id: number,
    setup: SetupAttempts,
    condition: string,
    values: Record<string, number>,
  ): Promise<SetupClaim> => {
    const Key = itemKey(KIND.pluginConfigStatus, id);
    const names = { '#id': 'id', '#setup': 'setup', '#revision': 'revision' };
    const won = await orFalse(
      dynamodb.send(
        new UpdateCommand({
          TableName: table,
          Key,
          UpdateExpression: 'SET #id = :id, #setup = :setup',
          ConditionExpression: condition,
          ExpressionAttributeNames: condition.includes('#made') ? { ...names, '#made': 'made' } : names,
          ExpressionAttributeValues: { ':id': id, ':setup': setup, ...values },
        }),
      ),
    );
    if (won) return { won };
    const { Item } = await dynamodb.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return { won, stored: (Item?.['setup'] as SetupAttempts | undefined) ?? null };
  };

  return {
    async recordLoad(id, load) {
      const told = Object.entries(load).filter(([, value]) => value !== undefined);
      const { Attributes } = await dynamodb.send(
        new UpdateCommand({
          TableName: table,
          Key: itemKey(KIND.pluginConfigStatus, id),
          UpdateExpression: `SET #id = :id${told.map(([name]) => `, #${name} = :${name}`).join('')} REMOVE #error, #setup`,
          ExpressionAttributeNames: Object.fromEntries(
            ['id', 'error', 'setup', ...told.map(([name]) => name)].map((name) => [`#${name}`, name]),
          ),
          ExpressionAttributeValues: {
            ':id': id,
            ...Object.fromEntries(told.map(([name, value]) => [`:${name}`, value])),
          },
          ReturnValues: 'ALL_OLD',
        }),
      );
      if (Attributes?.['setup'] !== undefined) await bumpVersion(dynamodb, table);
    },

    recordFirstFailure: (id, first) =>
      store(id, first, 'attribute_not_exists(#setup) OR #setup.#revision < :revision', { ':revision': first.revision }),

    claimAttempt: (id, before, next) =>
      store(id, next, '#setup.#revision = :revision AND #setup.#made = :made', {
        ':revision': before.revision,
        ':made': before.made,
      }),
  };
}
