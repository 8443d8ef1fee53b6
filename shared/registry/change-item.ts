import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type RegistryTable, withoutKey } from './read-items.ts';
import { bumpVersion, type ItemKey, orFalse } from './registry-items.ts';
import { conflict, notFound } from './registry-refusal.ts';

export interface ChangeDeps extends RegistryTable {
  /** Milliseconds since 1970. */
  now: () => number;
  /** Of one change, unlike any other. */
  newId: () => string;
}

/** What an item must be for a change of it. */
export type Expected =
  | 'anything'
  /** There must be none. */
  | 'absent'
  /** There must be one, whatever it holds. */
  | 'present'
  /** It must be at this revision; 0: there is none yet. */
  | { revision: number };

export interface ItemChange {
  key: ItemKey;
  /** What it is, for errors: `plugin config 7`. */
  what: string;
  /** Fields to set; those that are undefined are taken away. */
  fields: Record<string, unknown>;
  expected: Expected;
}

/** An item with its revision: it grows with each change, and begins at the time, so an item made anew goes on above its old self. */
export type Revised<Item> = Item & { revision: number };

/**
 * Stores fields of one item, if it is as expected, and tells all readers.
 *
 * When the process dies between the two writes, the change is stored but nobody looks yet; its command has failed. Whoever repeats it
 * makes it heard, also when it is a conflict by now.
 *
 * @returns the whole item; null when there is one already although there should be none
 * @throws RegistryRefusal `not-found`, `conflict`
 */
export async function changeItem<Item>(deps: ChangeDeps, change: ItemChange): Promise<Revised<Item> | null> {
  const { stored, found } = await storeItem<Item>(deps, change);
  if (stored === null && change.expected === 'absent') return null;
  if (stored === null && found === undefined) throw notFound(change.what);
  await bumpVersion(deps.dynamodb, deps.table);
  if (stored === null) throw conflict(change.what);
  return stored;
}

/**
 * Stores without telling: for what nobody follows. `stored` is null when the item is not as expected; `found` is then what it is.
 *
 * The item carries the id of its last change. So a change whose answer got lost, and which is sent again, knows itself.
 */
export async function storeItem<Item>(
  deps: ChangeDeps,
  { key, fields, expected }: ItemChange,
): Promise<{ stored: Revised<Item> | null; found?: Revised<Item> | undefined }> {
  const changeId = deps.newId();
  let stored: Record<string, unknown> = {};
  const isStored = await orFalse(
    deps.dynamodb
      .send(
        new UpdateCommand({
          TableName: deps.table,
          ...update({ ...fields, changeId }, expected, deps.now()),
          Key: { ...key },
        }),
      )
      .then(({ Attributes = {} }) => (stored = Attributes)),
  );
  if (isStored) return { stored: withoutKey(stored) };
  const { Item: found } = await deps.dynamodb.send(
    new GetCommand({ TableName: deps.table, Key: { ...key }, ConsistentRead: true }),
  );
  if (found?.['changeId'] === changeId) return { stored: withoutKey(found) };
  return { stored: null, found: found && withoutKey(found) };
}

function update(fields: Record<string, unknown>, expected: Expected, now: number) {
  const names = Object.keys(fields);
  const set = names.filter((name) => fields[name] !== undefined);
  const gone = names.filter((name) => fields[name] === undefined);
  const assignments = [
    ...set.map((name) => `#${name} = :${name}`),
    '#revision = if_not_exists(#revision, :now) + :one',
  ];
  const seen = typeof expected === 'object' && expected.revision > 0 ? { ':seen': expected.revision } : {};
  return {
    UpdateExpression: `SET ${assignments.join(', ')}${gone.length === 0 ? '' : ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}`}`,
    ExpressionAttributeNames: Object.fromEntries([...names, 'revision'].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map((name) => [`:${name}`, fields[name]])),
      ...seen,
      ':now': now,
      ':one': 1,
    },
    ReturnValues: 'ALL_NEW' as const,
    ...conditionOf(expected),
  };
}

function conditionOf(expected: Expected): { ConditionExpression?: string } {
  if (expected === 'anything') return {};
  if (expected === 'present') return { ConditionExpression: 'attribute_exists(#revision)' };
  if (expected === 'absent' || expected.revision === 0)
    return { ConditionExpression: 'attribute_not_exists(#revision)' };
  return { ConditionExpression: '#revision = :seen' };
}
