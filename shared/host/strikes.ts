import type { HookError, Running } from '../sandbox/protocol.ts';
import type { ChildDeath } from './child-session.ts';

/** A plugin config that must not run any more, and why. */
export interface Verdict {
  plugin: number;
  error: HookError;
}

/** Counts how often each plugin config has ended the host, over the life of this process. */
export interface Strikes {
  /** Counts once more; a verdict when that was once too often. */
  add(death: ChildDeath, running: Running): Verdict | null;
  /** The plugin config has changed: it gets a new chance. */
  forget(plugin: number): void;
}

/** @param limit how often a plugin config may kill the host before it is to be disabled. */
export function createStrikes(limit: number): Strikes {
  const counts = new Map<number, number>();
  return {
    add(death, { plugin, hook }) {
      const count = (counts.get(plugin) ?? 0) + 1;
      counts.set(plugin, count);
      return count >= limit ? { plugin, error: hookErrorOf(death, hook) } : null;
    },
    forget: (plugin) => void counts.delete(plugin),
  };
}

/** The child's death as the error of the hook that caused it. */
export function hookErrorOf(death: ChildDeath, hook: string): HookError {
  return { hook, name: deathName(death), message: death.message, retry: false };
}

export function deathName(death: ChildDeath): string {
  return death.cause === 'silence'
    ? 'TimeoutError'
    : death.cause === 'memory'
      ? 'OutOfMemoryError'
      : 'ProcessExitError';
}
