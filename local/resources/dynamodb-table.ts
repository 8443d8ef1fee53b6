import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateTableCommandInput, DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { startExpiry } from '../dynamodb/start-expiry.ts';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

const asGiven = { honoured: 'as the table is created with it' };

export const dynamodbTable: ResourceType = {
  type: 'AWS::DynamoDB::Table',
  properties: {
    TableName: { honoured: 'the name of the table' },
    AttributeDefinitions: asGiven,
    KeySchema: asGiven,
    GlobalSecondaryIndexes: asGiven,
    LocalSecondaryIndexes: asGiven,
    BillingMode: { honoured: 'on demand', only: ['PAY_PER_REQUEST'] },
    TimeToLiveSpecification: {
      honoured: 'items whose time has come are deleted, within a minute',
      of: {
        AttributeName: { honoured: 'the attribute with the time, epoch seconds' },
        Enabled: { honoured: 'whether items expire' },
      },
    },
    PointInTimeRecoverySpecification: { accepted: 'there are no backups on this machine' },
    SSESpecification: { accepted: 'nothing is encrypted on this machine' },
    DeletionProtectionEnabled: { accepted: 'nothing deletes tables but `--fresh`' },
    TableClass: { accepted: 'a matter of price' },
    ContributorInsightsSpecification: { accepted: 'there is no CloudWatch here' },
    Tags: { accepted: 'nothing reads tags here' },
  },

  async create(resource, world) {
    const { properties } = resource;
    const name = String(properties['TableName'] ?? physicalName(resource, world));
    const wanted = {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      ...pick(properties, ['AttributeDefinitions', 'KeySchema', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes']),
    } as CreateTableCommandInput;

    const existing = await describe(world.dynamodb, name);
    if (existing === undefined) {
      await world.dynamodb.send(new CreateTableCommand(wanted));
      while ((await describe(world.dynamodb, name))?.TableStatus !== 'ACTIVE') await sleep(5);
    } else if (keys(existing) !== keys(wanted)) {
      throw new Error(
        `${resource.logicalId}: the table ${name} of the last run has other keys (${keys(existing)}) than the template ` +
          `(${keys(wanted)}); start with --fresh to begin anew`,
      );
    }

    const timeToLive = properties['TimeToLiveSpecification'] as
      | { AttributeName: string; Enabled: boolean | string }
      | undefined;
    if (timeToLive !== undefined && String(timeToLive.Enabled) === 'true') {
      const { dynamodb, clock, onProblem } = world;
      const { AttributeName: attribute } = timeToLive;
      const keyAttributes = (wanted.KeySchema ?? []).map(({ AttributeName }) => String(AttributeName));
      world.whenComplete(() =>
        startExpiry({ dynamodb, table: name, keyAttributes, attribute, now: clock.now, onProblem }),
      );
    }
    return { ref: name, attributes: { Arn: `arn:aws:dynamodb:${world.region}:${world.accountId}:table/${name}` } };
  },
};

async function describe(dynamodb: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await dynamodb.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** Key and index attributes as one line of text, to compare and to show. */
function keys(table: Pick<TableDescription, 'KeySchema' | 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'>): string {
  const schema = (elements: TableDescription['KeySchema'] = []) =>
    elements.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ');
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])]
    .map(({ IndexName, KeySchema }) => `${IndexName}: ${schema(KeySchema)}`)
    .sort();
  return [schema(table.KeySchema), ...indexes].join('; ');
}

function pick(properties: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => (properties[name] === undefined ? [] : [[name, properties[name]]])),
  );
}
