import { authorPositions } from './author-positions.ts';
import type { HookError } from './protocol.ts';
import { asksForRetry } from './retry-error.ts';

/** Longest text that is kept of what a plugin threw, in characters: an error is stored with the plugin config. */
const MAX_TEXT = 4000;

/** Copies whatever a plugin threw into plain data. Never throws itself, however hostile the value. */
export function hookErrorFrom(thrown: unknown, hook: string, event?: { uuid: string; event: string }): HookError {
  const stack = readText(thrown, 'stack');
  return {
    hook,
    name: readText(thrown, 'name') ?? 'Error',
    message: messageOf(thrown),
    ...(stack === undefined ? {} : { stack: authorPositions(withoutHostFrames(stack)).slice(0, MAX_TEXT) }),
    retry: attempt(() => asksForRetry(thrown)) ?? false,
    ...(event === undefined
      ? {}
      : { event: { uuid: readText(event, 'uuid') ?? '', event: (readText(event, 'event') ?? '').slice(0, 200) } }),
  };
}

/** An error of ours that PostHog gave a name to. */
export function namedError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function messageOf(thrown: unknown): string {
  const isEmpty = typeof thrown === 'object' && attempt(() => (thrown as Error | null)?.message) === '';
  return isEmpty ? '' : (readText(thrown, 'message') ?? textOf(thrown));
}

function readText(thrown: unknown, key: string): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const value = attempt(() => (thrown as Record<string, unknown>)[key]);
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined;
}

function textOf(thrown: unknown): string {
  return (attempt(() => String(thrown)) ?? 'unknown error').slice(0, MAX_TEXT);
}

/** A plugin's author can do nothing with frames of the host. */
function withoutHostFrames(stack: string): string {
  return withoutExcerpt(stack)
    .split('\n')
    .filter((line) => !/^\s+at /.test(line) || line.includes('plugin-config-'))
    .join('\n');
}

/** What Node puts in front of an error that ends a script: where it was thrown, the line there, and a mark below it. */
const EXCERPT = /^([^\n]+):\d+\n[^\n]*\n[ \t]*\^+\n\n?/;

/** Drops the excerpt, which quotes compiled code or the host's, unless it alone says where the plugin is wrong: a syntax error has no frames. */
function withoutExcerpt(stack: string): string {
  const [excerpt = '', file = ''] = EXCERPT.exec(stack) ?? [];
  const rest = stack.slice(excerpt.length);
  return file.includes('plugin-config-') && !/^ +at .*plugin-config-/m.test(rest) ? stack : rest;
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
