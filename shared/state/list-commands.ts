import type { ListContent } from './list-content.ts';
import { elementBytes } from './list-head.ts';
import { type Answer, refusal } from './refusal.ts';
import { expiryAfter } from './state-item.ts';
import type { StateKey } from './state-key.ts';

export type ListCommand = StateKey &
  (
    | { op: 'expire'; seconds: number }
    | { op: 'lpush'; elements: string[] }
    | { op: 'lrange'; start: number; end: number }
    | { op: 'llen' }
    | { op: 'lrem'; count: number; element: string }
    | { op: 'lpop'; count: number }
  );

/** A list that is being worked on, with its expiry. */
export interface OpenList {
  content: ListContent;
  /** Epoch seconds. */
  expiresAt: number | undefined;
  /** Whether there is anything to store. */
  changed: boolean;
}

/** An element lies in one item, with room for its key. */
const MAX_ELEMENT_BYTES = 350_000;

/** The head names every chunk in about 45 bytes, and is an item: 8,000 × 45 = 360 KB. Elements then have 2 GB. */
const MAX_CHUNKS = 8000;

/** Carries one command out, with Redis' answer. A list without elements is none: it has no expiry either. */
export async function runListCommand(list: OpenList, command: ListCommand, now: number): Promise<Answer> {
  const { content } = list;
  const existed = content.length() > 0;
  const answer = await (async (): Promise<Answer> => {
    switch (command.op) {
      case 'expire':
        return expireList(list, command.seconds, now);
      case 'lpush':
        return push(list, command.elements);
      case 'llen':
        return { value: content.length() };
      case 'lrange':
        return { value: await content.range(command.start, command.end) };
      case 'lpop': {
        if (command.count < 0) return refusal('ReplyError', 'ERR value is out of range, must be positive');
        if (!existed) return { value: null };
        const popped = await content.pop(command.count);
        list.changed ||= popped.length > 0;
        return { value: popped };
      }
      case 'lrem': {
        const removed = await content.remove(command.count, command.element);
        list.changed ||= removed > 0;
        return { value: removed };
      }
    }
  })();
  if (content.length() === 0) list.expiresAt = undefined;
  return answer;
}

function expireList(list: OpenList, seconds: number, now: number): Answer {
  const expiresAt = expiryAfter(seconds, now);
  if (!Number.isSafeInteger(expiresAt)) return INVALID_EXPIRY;
  if (list.content.length() === 0) return { value: false };
  list.changed = true;
  if (seconds <= 0) list.content.clear();
  else list.expiresAt = expiresAt;
  return { value: true };
}

function push(list: OpenList, elements: readonly string[]): Answer {
  const { content } = list;
  const largest = Math.max(...elements.map(elementBytes));
  if (largest > MAX_ELEMENT_BYTES) {
    const words = `ERR an element has ${largest} bytes as JSON; a list takes at most ${MAX_ELEMENT_BYTES}`;
    return refusal('ReplyError', words);
  }
  if (content.segments.length > MAX_CHUNKS) {
    return refusal('ReplyError', `ERR the list is full: ${content.length()} elements lie in ${MAX_CHUNKS} chunks`);
  }
  content.push(elements);
  list.changed = true;
  return { value: content.length() };
}

export const INVALID_EXPIRY = refusal('ReplyError', "ERR invalid expire time in 'expire' command");
