import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';

/** Remembers since when the registry is at the version at which it is. */
export interface RegistryChanges {
  /** When this version was seen first, milliseconds since 1970; now, when it is another one than the last. */
  firstSeen(version: number): Promise<number>;
}

export interface RegistryChangesDeps {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

export function createRegistryChanges({ dynamodb, table, now }: RegistryChangesDeps): RegistryChanges {
  let known: { version: number; seenAt: number } | null = null;
  return {
    async firstSeen(version) {
      if (known?.version === version) return known.seenAt;
      // One item per version: whoever comes first writes it, the others read it.
      const { Attributes } = await dynamodb.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: `registry-version#${version}`, sk: 'seen' },
          UpdateExpression: 'SET #seenAt = if_not_exists(#seenAt, :now), #expiresAt = :expiresAt',
          ExpressionAttributeNames: { '#seenAt': 'seenAt', '#expiresAt': 'expiresAt' },
          ExpressionAttributeValues: { ':now': now(), ':expiresAt': Math.ceil(now() / 1000) + REMEMBERED_SECONDS },
          ReturnValues: 'ALL_NEW',
        }),
      );
      known = { version, seenAt: Attributes?.['seenAt'] as number };
      return known.seenAt;
    },
  };
}

/** A day without a change costs one more round of asking. */
const REMEMBERED_SECONDS = 86_400;
