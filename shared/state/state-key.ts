import { createHash } from 'node:crypto';

export interface StateKey {
  /** The plugin config's id: every plugin config has keys of its own. */
  plugin: number;
  /** Any string. */
  key: string;
}

/** What keys are kept apart by, besides the plugin config. */
export type StateSpace = 'cache' | 'storage';

export interface ItemKey {
  pk: string;
  sk: string;
}

const PLAIN = 'value';
const HASHED = 'value-of-hashed-key';

/**
 * Longest partition key in plain text. DynamoDB takes 2,048 bytes; an object's key in S3, which holds this one as base64
 * (600 / 3 * 4 = 800) and an id, takes 1,024.
 */
const MAX_PLAIN_BYTES = 600;

/**
 * Every key is a partition of its own, so that no plugin is bound to what one partition can take (1,000 writes per second).
 * Different keys never meet: what UTF-8 cannot tell apart (lone surrogates) or is too long goes by the hash of its UTF-16,
 * and the sort key keeps that apart from a short key that happens to look like such a hash.
 */
export function itemKey(space: StateSpace, { plugin, key }: StateKey): ItemKey {
  const pk = `${space}#${plugin}#${key}`;
  if (key.isWellFormed() && Buffer.byteLength(pk) <= MAX_PLAIN_BYTES) return { pk, sk: PLAIN };
  const hash = createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('hex');
  return { pk: `${space}#${plugin}#${hash}`, sk: HASHED };
}

/** One text for both halves of an item's key. */
export function itemId({ pk, sk }: ItemKey): string {
  return `${sk} ${pk}`;
}

/** Where texts lie that no item can hold: `values/<item key>/<id>`, so that an object says which item it belongs to. */
export const LARGE_TEXTS_PREFIX = 'values/';

export function objectKey({ pk, sk }: ItemKey, id: string): string {
  return `${LARGE_TEXTS_PREFIX}${sk === HASHED ? 'h' : 'p'}/${Buffer.from(pk).toString('base64url')}/${id}`;
}

/** The item that an object belongs to; null for an object that is none of ours. */
export function itemKeyOfObject(key: string): ItemKey | null {
  const [, form, pk] = /^values\/([hp])\/([\w-]+)\/[^/]+$/.exec(key) ?? [];
  if (form === undefined || pk === undefined) return null;
  return { pk: Buffer.from(pk, 'base64url').toString(), sk: form === 'h' ? HASHED : PLAIN };
}

/** Longest part of a key that an error shows. */
const MAX_SHOWN_CHARACTERS = 200;

export function shownKey({ plugin, key }: StateKey): string {
  return `plugin config ${plugin}, key ${JSON.stringify(key.slice(0, MAX_SHOWN_CHARACTERS))}`;
}
