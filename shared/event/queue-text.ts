/**
 * Makes JSON safe for a queue: SQS takes only the characters of XML 1.0, and of what `JSON.stringify` leaves
 * unescaped only U+FFFE and U+FFFF are outside of them. As `\uFFFE` in the JSON they mean the same.
 */
export function queueText(json: string): string {
  return json.replaceAll('\uFFFE', '\\uFFFE').replaceAll('\uFFFF', '\\uFFFF');
}

/** The same for JSON in UTF-8. Nearly no text has either character, so the search is all it costs. */
export function queueBytes(json: Buffer): Buffer {
  return json.includes(U_FFFE) || json.includes(U_FFFF) ? Buffer.from(queueText(json.toString('utf8'))) : json;
}

const U_FFFE = Buffer.from('\uFFFE');
const U_FFFF = Buffer.from('\uFFFF');
