/** An error that is the plugin's business, by the name and in the words that the original had. */
export interface Refusal {
  error: { name: string; message: string };
}

export type Answer = { value: unknown } | Refusal;

export function refusal(name: string, message: string): Refusal {
  return { error: { name, message } };
}

export const WRONG_TYPE = refusal('ReplyError', 'WRONGTYPE Operation against a key holding the wrong kind of value');

export const NOT_AN_INTEGER = refusal('ReplyError', 'ERR value is not an integer or out of range');
