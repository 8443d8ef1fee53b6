import type { z } from 'zod';
import type { Answer } from '../http/request-once.ts';
import { SourceError } from '../source-error.ts';
import type { Latest } from './latest.ts';

/** Reads JSON that a site answered. @throws SourceError `unreachable` when it is not what such a site says. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, body: Buffer, what: string): z.infer<Schema> {
  const parsed = schema.safeParse(attempt(() => JSON.parse(body.toString('utf8')) as unknown));
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new SourceError(
    'unreachable',
    `The site's answer about ${what} cannot be read${place === '' ? '' : ` (at ${place.slice(0, 80)})`}. Is its address right?`,
  );
}

/** Whether the site says that nothing has changed since. */
export function isNotModified({ status }: Answer, last: Latest | undefined): last is Latest {
  return status === 304 && last !== undefined;
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
