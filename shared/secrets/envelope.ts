import { createCipheriv, createDecipheriv } from 'node:crypto';

/** A key of AES-256 by its id, which every envelope names: so several keys can be read while the newest one writes. */
export interface DataKey {
  /** Letters, digits, `-` and `_`. */
  id: string;
  /** 32 bytes. */
  bytes: Uint8Array;
}

/**
 * Where a secret stands: kind of item, its id, the field. A sealed text is bound to its place: copied to another one, it cannot be
 * opened there.
 */
export type SecretPlace = readonly [kind: string, id: number, field: string];

/** Bytes of a nonce and of a tag of AES-GCM. With random nonces of this size one key is good for 2³² texts. */
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const ALGORITHM = 'aes-256-gcm';
const FORM = /^v1\.([\w-]+)\.([\w-]+)$/;

/**
 * Seals a text with AES-256-GCM: `v1.<id of the key>.<nonce, tag and ciphertext, base64url>`.
 *
 * @param nonce 12 random bytes, never the same for two texts under one key
 */
export function sealText(key: DataKey, place: SecretPlace, text: string, nonce: Uint8Array): string {
  const cipher = createCipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(place));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `v1.${key.id}.${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
}

/** The id of the key that a sealed text names. @throws when it is none. */
export function keyIdOf(sealed: string): string {
  return parts(sealed).keyId;
}

/** @throws when the text was sealed with another key, for another place, or changed since. */
export function openText(key: DataKey, place: SecretPlace, sealed: string): string {
  const { payload } = parts(sealed);
  const decipher = createDecipheriv(ALGORITHM, key.bytes, payload.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundTo(place));
  decipher.setAuthTag(payload.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const ciphertext = payload.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Error(`it was changed, or sealed for another place, or the key "${key.id}" is not the one it was`, {
      cause,
    });
  }
}

function parts(sealed: string): { keyId: string; payload: Buffer } {
  const [, keyId, text] = FORM.exec(sealed) ?? [];
  const payload = Buffer.from(text ?? '', 'base64url');
  if (keyId === undefined || payload.length < NONCE_BYTES + TAG_BYTES)
    throw new Error('it does not have the form v1.<key>.<base64url>');
  return { keyId, payload };
}

/** JSON, so that no two places are written alike. */
function boundTo(place: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(place));
}
