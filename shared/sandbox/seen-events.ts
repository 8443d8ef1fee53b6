import type { Chain } from '../pipeline/event-run.ts';
import type { Account } from './protocol.ts';

/** Counts which plugin configs the events of one record came to. */
export interface SeenEvents {
  /** An event has come to the end of this chain, or was dropped on the way. */
  add(chain: Chain): void;
  /** What goes into the account; what was dropped on the way came to nobody behind. */
  take(account: Pick<Account, 'dropped'>): Pick<Account, 'seen'>;
}

export function createSeenEvents(): SeenEvents {
  const counts = new Map<Chain, number>();
  // Most records are of one project: an event then costs one comparison and one addition.
  let current: Chain | null = null;
  let count = 0;

  const keep = (): void => {
    if (current !== null) counts.set(current, (counts.get(current) ?? 0) + count);
    count = 0;
  };

  return {
    add(chain) {
      if (chain !== current) {
        keep();
        current = chain;
      }
      count++;
    },
    take({ dropped }) {
      keep();
      const seen: Record<string, number> = {};
      for (const [{ plugins }, events] of counts) {
        let left = events;
        for (const { id } of plugins) {
          if (left > 0) seen[id] = (seen[id] ?? 0) + left;
          left -= dropped[id] ?? 0;
        }
      }
      return Object.keys(seen).length === 0 ? {} : { seen };
    },
  };
}
