import { isAscii } from 'node:buffer';

/** Decodes a message body from UTF-8. Most are ASCII, and as such decoded several times faster. */
export function bodyText(body: Buffer): string {
  return isAscii(body) ? body.toString('latin1') : body.toString('utf8');
}
