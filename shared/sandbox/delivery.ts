import type { Done, HookError, MessageHeader } from './protocol.ts';

/** A message for each of these plugin configs: its body is the same for all. */
export interface DeliveryHeader extends MessageHeader {
  plugins: readonly number[];
  /** How many captures have led to its events; absent for none. */
  hops?: number;
}

/**
 * Has events delivered to plugins that wait for them: `onEvent`, `composeWebhook` or `onSnapshot` for each, `exportEvents` for many together.
 * One record frame with the raw body follows for each message.
 */
export interface Deliver {
  messages: DeliveryMessageHead[];
  /** One call at a time, each announced. */
  careful: boolean;
  /** Calls that must not be made again because they ended the host. */
  skips: DeliverySkip[];
  /** Exports that had ended before the host did. */
  ended: ExportPlace[];
  /** Plugin configs that get nothing for now. */
  suspended: number[];
  /** Time after this frame arrived at which the child begins no further call. */
  softLimitMilliseconds: number;
}

export interface DeliveryMessageHead {
  /** The plugin config's id. */
  plugin: number;
  /** Nothing else is to be called: the events are those of an export that failed. */
  only?: 'exportEvents' | undefined;
  /** How often the events have ended as a dead letter. Rounds are not exported together. */
  round: number;
  /** How many captures have led to its events; absent for none. */
  hops?: number | undefined;
}

/** A call by the first event it gets: message and position in it. */
export interface DeliveryPlace {
  record: number;
  position: number;
}

export interface DeliverySkip extends DeliveryPlace {
  hook: string;
  error: { name: string; message: string };
}

export interface ExportPlace extends DeliveryPlace {
  events: number;
}

/** How one call of `exportEvents` ended. When it failed, the frame goes on with its events, one JSON text a line. */
export interface ExportHeader extends ExportPlace {
  plugin: number;
  round: number;
  /** How many of its events came from which message. */
  parts: { record: number; events: number }[];
  /** `retry` also when it took too long. */
  error?: HookError;
}

/** Events of one message for which there was no time. The frame goes on with them, one JSON text a line. */
export interface RestHeader {
  record: number;
  events: number;
  /** Their other hooks have been called. */
  only?: 'exportEvents';
}

/**
 * What became of one message. When it is finished, every event was given to every hook or back to the parent, and
 * `events = exported + notExported + givenBack`.
 */
export interface DeliveryAccount {
  events: number;
  /** Events whose export has ended, one way or the other. */
  exported: number;
  /** Events that the plugin does not want exported, or cannot export. */
  notExported: number;
  /** Events for which there was no time: they are to be sent on as messages of their own. */
  givenBack: number;
  /** Failures of hooks that get single events; they are not repeated. */
  failed: number;
  /**
   * Why the message must come again: its plugin config is not loaded, took too long too often, time is over, or the body makes no sense.
   * `later`: there was time for others of its plugin config, so that it may be sent on as it is.
   */
  unfinished?: 'absent' | 'suspended' | 'time' | 'later' | 'unreadable';
}

/** The last frame of a `Deliver`. */
export interface Delivered extends Omit<Done, 'accounts' | 'deadLetters'> {
  /** In the order of the messages. */
  accounts: DeliveryAccount[];
}
