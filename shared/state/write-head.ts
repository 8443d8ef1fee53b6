import { headText, type ListHead } from './list-head.ts';
import { IS_LIVE, isLive, type StateItem } from './state-item.ts';
import type { ItemKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';

export interface HeadWrite {
  key: ItemKey;
  /** As it was read; absent for none. */
  item: StateItem | undefined;
  /** The last of its recent versions is its own. */
  head: ListHead;
  /** Epoch seconds. */
  expiresAt: number | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** So long an empty list has been over, for every clock; DynamoDB then deletes it. */
const OVER_SECONDS = 86_400;

/**
 * Writes a list's item over the very version that was read, unless it has expired by now. An empty list stays as an expired one for a
 * while: so who loses the answer of the write that emptied it still finds that it was done.
 *
 * @returns false when it was no longer that version; also when this very write was done before.
 */
export async function writeHead(table: TableCalls, { key, item, head, now, ...write }: HeadWrite): Promise<boolean> {
  const isEmpty = head.front.length === 0 && head.chunks.length === 0;
  const expiresAt = isEmpty ? Math.floor(now / 1000) - OVER_SECONDS : write.expiresAt;
  const content = { list: headText(head), version: head.recent.at(-1) };

  if (item !== undefined && isLive(item, now)) {
    const written = await table.update(key, {
      update: `SET #list = :list, #version = :version${expiresAt === undefined ? ' REMOVE #expiresAt' : ', #expiresAt = :at'}`,
      condition: `#version = :seen AND ${IS_LIVE}`,
      values: {
        ':list': content.list,
        ':version': content.version,
        ':seen': item.version,
        ':now': now / 1000,
        ...(expiresAt === undefined ? {} : { ':at': expiresAt }),
      },
    });
    return written !== null;
  }

  const fresh = { pk: key.pk, sk: key.sk, ...content, ...(expiresAt === undefined ? {} : { expiresAt }) };
  return (await table.put(fresh, asRead(item))) !== null;
}

function asRead(item: StateItem | undefined) {
  if (item === undefined) return { condition: 'attribute_not_exists(pk)' };
  const { expiresAt, version } = item;
  if (version === undefined) {
    return { condition: '#expiresAt = :at AND attribute_not_exists(#version)', values: { ':at': expiresAt } };
  }
  return { condition: '#expiresAt = :at AND #version = :seen', values: { ':at': expiresAt, ':seen': version } };
}
