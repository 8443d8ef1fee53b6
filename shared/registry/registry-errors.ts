import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { PluginConfigError } from './plugin-config.ts';
import { bumpVersion, itemKey, KIND, orFalse, type RegistryDatabase } from './registry-items.ts';

export interface RegistryErrorsDeps {
  dynamodb: RegistryDatabase;
  table: string;
}

/** What a function reports about plugin configs. Everything may happen twice. */
export interface RegistryErrors {
  /** Keeps the error with the latest time. Long texts are cut. Is no change: the version stays. */
  recordError(pluginConfigId: number, error: PluginConfigError): Promise<void>;
  /**
   * Records the error and disables the plugin config, unless it or its plugin was changed or removed since `revision` was read:
   * then the error is about something that no longer is.
   */
  disable(pluginConfigId: number, revision: number, error: PluginConfigError): Promise<'disabled' | 'outdated'>;
}

/** An item takes 400 KB; nobody reads more of an error than this. */
const MAX_MESSAGE_CHARACTERS = 10_000;
const MAX_STACK_CHARACTERS = 20_000;

export function createRegistryErrors({ dynamodb, table }: RegistryErrorsDeps): RegistryErrors {
  const recordError: RegistryErrors['recordError'] = async (id, error) => {
    await orFalse(
      dynamodb.send(
        new UpdateCommand({
          TableName: table,
          Key: itemKey(KIND.pluginConfigStatus, id),
          UpdateExpression: 'SET #id = :id, #error = :error',
          ConditionExpression: 'attribute_not_exists(#error) OR #error.#time <= :time',
          ExpressionAttributeNames: { '#id': 'id', '#error': 'error', '#time': 'time' },
          ExpressionAttributeValues: { ':id': id, ':error': shortened(error), ':time': error.time },
        }),
      ),
    );
  };

  /** The part of `revision` that is the plugin config's own, if the plugin is still the one it was read with. */
  const ownRevision = async (id: number, revision: number): Promise<number | null> => {
    const get = async (key: object) =>
      (await dynamodb.send(new GetCommand({ TableName: table, Key: { ...key }, ConsistentRead: true }))).Item;
    const config = await get(itemKey(KIND.pluginConfig, id));
    const plugin = config && (await get(itemKey(KIND.plugin, config['pluginId'] as number)));
    // Both only grow: the sum is the same exactly when neither has.
    const isSame =
      plugin !== undefined && (config?.['revision'] as number) + (plugin['revision'] as number) === revision;
    return isSame ? (config?.['revision'] as number) : null;
  };

  return {
    recordError,

    async disable(id, revision, error) {
      const own = await ownRevision(id, revision);
      if (own === null) return 'outdated';
      await recordError(id, error);
      const disabled = await orFalse(
        dynamodb.send(
          new UpdateCommand({
            TableName: table,
            Key: itemKey(KIND.pluginConfig, id),
            UpdateExpression: 'SET #enabled = :no',
            ConditionExpression: '#revision = :revision',
            ExpressionAttributeNames: { '#enabled': 'enabled', '#revision': 'revision' },
            // The revision stays, so that a repeat after a crash gets this far again and counts the version.
            ExpressionAttributeValues: { ':no': false, ':revision': own },
          }),
        ),
      );
      if (!disabled) return 'outdated';
      await bumpVersion(dynamodb, table);
      return 'disabled';
    },
  };
}

function shortened(error: PluginConfigError): PluginConfigError {
  return {
    ...error,
    message: error.message.slice(0, MAX_MESSAGE_CHARACTERS),
    ...(error.stack === undefined ? {} : { stack: error.stack.slice(0, MAX_STACK_CHARACTERS) }),
  };
}
