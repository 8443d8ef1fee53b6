import type { Done, HookError } from './protocol.ts';

/**
 * A call of one hook of one plugin config, outside of any chain: `onEvent`, `exportEvents`, `runEveryMinute`, a job. Each is one frame's
 * worth of work for the parent, so its values travel as JSON texts that only the plugin's own realm makes objects of.
 */
export interface HookCall {
  /** The plugin config's id. */
  plugin: number;
  /** The exported name, for example `onEvent` or `runEveryMinute`; `job <name>` for a job. */
  hook: string;
  /** JSON text of what comes before `meta`; absent when nothing does. */
  argument?: string;
  /** Says the same when the call is made again, by another process, too: what it captures is named after it. */
  cause?: string;
  /** How many captures have led to it; absent for none. */
  hops?: number;
}

/** Has calls made, side by side, or, after a crash, one after the other. */
export interface Invoke {
  calls: HookCall[];
  /** One call at a time, each announced. */
  careful: boolean;
  /** Calls that must not be made again because they ended the host, by their index. */
  skips: { call: number; error: { name: string; message: string } }[];
  /** Time after this frame arrived at which the child begins no further call. */
  softLimitMilliseconds: number;
}

/** What became of one call: a value, an error, or neither when the time was over before it could begin. */
export interface HookResult {
  /** JSON text of what the hook returned; absent when that is nothing that JSON can say. */
  value?: string;
  error?: HookError;
  /** The call was not made. */
  unfinished?: true;
}

/** The last frame of an `Invoke`. Errors are those that no call brought back: of promises that nobody awaited. */
export interface Invoked extends Omit<Done, 'accounts' | 'deadLetters'> {
  /** In the order of the calls. */
  results: HookResult[];
}
