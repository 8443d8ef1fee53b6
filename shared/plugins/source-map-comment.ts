/** The usual form, so that debuggers understand it too. */
const COMMENT = '\n//# sourceMappingURL=data:application/json;base64,';

/** Puts a source map, as JSON, behind the code it explains: one text with one hash, which cannot come apart on its way. */
export function appendSourceMap(code: string, map: string): string {
  return `${code.trimEnd()}${COMMENT}${Buffer.from(map).toString('base64')}\n`;
}

/** Takes them apart again. The map stays in base64, because it is hardly ever needed; null when the code has none. */
export function splitSourceMap(text: string): { code: string; map: string | null } {
  const at = text.lastIndexOf(COMMENT);
  return at === -1 ? { code: text, map: null } : { code: text.slice(0, at), map: text.slice(at + COMMENT.length) };
}

/** Reads what `splitSourceMap` gave. @throws when it is not JSON. */
export function decodeSourceMap(map: string): unknown {
  return JSON.parse(Buffer.from(map, 'base64').toString('utf8'));
}
