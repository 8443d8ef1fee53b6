import { createHash, timingSafeEqual } from 'node:crypto';
import { fromBase62, randomToken, toBase62 } from './random-token.ts';

/**
 * A project's token: `phc_` and 43 letters and digits, as PostHog's. The last nine are the project's id, so that whoever gets an event finds
 * the project in one read, and a new token takes the place of the old one in one write; the 34 before them are chance, 202 bits.
 */
const FORM = /^phc_[0-9A-Za-z]{34}([0-9A-Za-z]{9})$/;
const RANDOM_LETTERS = 34;
const ID_LETTERS = 9;

export function newProjectToken(projectId: number, randomBytes: (size: number) => Uint8Array): string {
  return `phc_${randomToken(randomBytes, RANDOM_LETTERS)}${toBase62(projectId, ID_LETTERS)}`;
}

/** The id of the project that a token claims to be of; null for what is no token. */
export function projectIdOf(token: string): number | null {
  const [, letters] = FORM.exec(token) ?? [];
  const id = letters === undefined ? Number.NaN : fromBase62(letters);
  return Number.isSafeInteger(id) ? id : null;
}

/** Compares in a time that does not tell where they differ. */
export function isSameToken(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
