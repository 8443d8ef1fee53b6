import { ChunksGoneError, createListChunks } from './list-chunks.ts';
import { type ListCommand, type OpenList, runListCommand } from './list-commands.ts';
import { createListContent } from './list-content.ts';
import { EMPTY_HEAD, type ListHead, readHead } from './list-head.ts';
import { layOut } from './list-layout.ts';
import type { Answer } from './refusal.ts';
import { isLive, type StateItem } from './state-item.ts';
import type { ItemKey } from './state-key.ts';
import type { TableCalls } from './table-calls.ts';
import { type Persistence, untilSettled } from './until-settled.ts';
import { writeHead } from './write-head.ts';

export interface ListStoreDeps extends Persistence {
  table: TableCalls;
  /** A new UUID. */
  newId: () => string;
}

/** A write of which it is not known yet whether it was done. */
interface Attempt {
  version: string;
  answers: Answer[];
  /** Chunks that it put, and chunks that it no longer points to. */
  fresh: string[];
  obsolete: string[];
}

/**
 * Carries commands of one key out as one: nobody sees, or gets, anything in between. One read, and one write when there is anything to
 * store; chunks come on top when the front is too large or does not reach.
 *
 * The item of the key, the head, is all that counts: chunks never change, are written before the head points to them and taken away when
 * it no longer does. A head is only written over the version that was read; else everything is done again with the new one.
 *
 * Resolves to null when the key holds a text.
 */
export function createListStore({ table, newId, ...persistence }: ListStoreDeps) {
  const { now } = persistence;
  const chunks = createListChunks(table, now, newId);

  const settleEarlier = async (key: ItemKey, attempts: Attempt[], head: ListHead): Promise<Answer[] | null> => {
    const done = attempts.find(({ version }) => head.recent.includes(version));
    for (const attempt of attempts) {
      await chunks.forget(key, attempt === done ? attempt.obsolete : attempt.fresh);
    }
    attempts.length = 0;
    return done?.answers ?? null;
  };

  const store = async (
    key: ItemKey,
    item: StateItem | undefined,
    list: OpenList,
    before: ListHead,
    attempt: Attempt,
  ) => {
    const { front, chunks: after, fresh } = await layOut(list.content, chunks.newId, (ids) => chunks.read(key, ids));
    const pointedTo = new Set(after.map(({ id }) => id));
    attempt.fresh = fresh.map(({ id }) => id);
    attempt.obsolete = before.chunks.map(({ id }) => id).filter((id) => !pointedTo.has(id));
    const keptUntil = chunksExpiry(list.expiresAt, before.keptUntil, now());
    const kept = before.chunks.map(({ id }) => id).filter((id) => pointedTo.has(id));
    const lasting = keptUntil === undefined || keptUntil === before.keptUntil ? [] : kept;

    // Chunks must outlive the head: those with an expiry get the later one first, those without one get theirs afterwards.
    if (before.keptUntil !== undefined) await chunks.keepUntil(key, lasting, keptUntil ?? 0);
    await chunks.write(key, fresh, keptUntil);
    const head = {
      front,
      chunks: after,
      recent: [...before.recent, attempt.version],
      ...(keptUntil === undefined ? {} : { keptUntil }),
    };
    if (!(await writeHead(table, { key, item, head, expiresAt: list.expiresAt, now: now() }))) return false;
    if (before.keptUntil === undefined) await chunks.keepUntil(key, lasting, keptUntil ?? 0).catch(() => {});
    await chunks.forget(key, attempt.obsolete);
    if (before.chunks.length === 0 && fresh.length > 0) await chunks.sweep(key, pointedTo);
    return true;
  };

  return async (key: ItemKey, commands: readonly ListCommand[]): Promise<Answer[] | null> => {
    const attempts: Attempt[] = [];
    let brokenVersion: string | undefined;

    return untilSettled<Answer[] | null>(persistence, `The list ${JSON.stringify(key.pk)}`, async () => {
      const item = await table.get(key);
      const stored = item?.list === undefined ? EMPTY_HEAD : readHead(item.list);
      const earlier = await settleEarlier(key, attempts, stored);
      if (earlier !== null) return earlier;

      const live = item !== undefined && isLive(item, now());
      if (live && item.list === undefined) return null;
      // Of a list that is gone only the memory of its writes stays.
      const before = live ? stored : { ...EMPTY_HEAD, recent: stored.recent };
      const content = createListContent(before.front, before.chunks, (ids) => chunks.read(key, ids));
      const list: OpenList = { content, expiresAt: live ? item.expiresAt : undefined, changed: false };
      try {
        const answers: Answer[] = [];
        for (const command of commands) answers.push(await runListCommand(list, command, now()));
        const isNothing = !live && content.length() === 0;
        if (!list.changed || isNothing) return answers;

        const attempt = { version: newId().slice(-12), answers, fresh: [], obsolete: [] };
        attempts.push(attempt);
        return (await store(key, item, list, before, attempt)) ? answers : 'again';
      } catch (error) {
        if (!(error instanceof ChunksGoneError) || item?.version === brokenVersion) throw error;
        brokenVersion = item?.version;
        return 'again';
      }
    });
  };
}

/** So much longer than their list chunks are kept at least: clocks differ, and who read the head before may still be reading them. */
const LEAST_MARGIN_SECONDS = 3600;
/** With so much at first, a list whose expiry is renewed all the time renews that of its chunks once a day. */
const MARGIN_SECONDS = 86_400;

function chunksExpiry(expiresAt: number | undefined, before: number | undefined, now: number): number | undefined {
  if (expiresAt === undefined) return undefined;
  if (before !== undefined && before >= expiresAt + LEAST_MARGIN_SECONDS) return before;
  return expiresAt + Math.max(MARGIN_SECONDS, Math.ceil(expiresAt - now / 1000));
}
