/** Characters of a log line that are kept, UTF-16 units. */
export const MAX_LOG_CHARACTERS = 10_000;

/** A message as it is kept: one that is too long says in its place how long it was, and no character is cut in two. */
export function cutMessage(message: string): string {
  if (message.length <= MAX_LOG_CHARACTERS) return message;
  const note = ` … (${message.length} characters)`;
  return message.slice(0, MAX_LOG_CHARACTERS - note.length).replace(HALF_AT_END, '') + note;
}

/** The first half of a character that takes two units. */
const HALF_AT_END = /[\ud800-\udbff]$/;
