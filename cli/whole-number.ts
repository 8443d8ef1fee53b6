import { UsageError } from './usage-error.ts';

/** Reads an id of the command line. @throws UsageError */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new UsageError(`An id must be a whole number; got ${JSON.stringify(text)}.`);
}
