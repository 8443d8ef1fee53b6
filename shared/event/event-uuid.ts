import { createHash } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && UUID.test(value);
}

/**
 * Derives an event's uuid from where it stood: the id of its queue message and its position within it.
 * The same on every redelivery, so a repeat can be told from a new event. RFC 9562 version 8 (custom): the first 122 bits of a SHA-256.
 */
export function deriveUuid(messageId: string, position: number): string {
  const bytes = createHash('sha256').update(`${messageId}:${position}`).digest();
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
