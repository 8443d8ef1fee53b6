import type { PluginEvent } from '../event/plugin-event.ts';
import type { Then } from './thenable.ts';

/** A plugin config as the chain sees it. */
export interface ChainPlugin {
  id: number;
  /** As the markers name it: `<plugin name> (<plugin config id>)`. */
  label: string;
  processEvent: (event: PluginEvent, meta: unknown) => unknown;
  /** Calls `processEvent` so that what it starts is known to come of this event; null for plugins that start nothing of which that matters. */
  processAsCause: ((run: EventRun) => unknown) | null;
  meta: unknown;
  /** When set, every call fails with this error instead of being made. */
  suspended: Error | null;
  /** Calls that took too long within this batch. */
  timeouts: number;
  /** `then` of its own realm's promises, once met. */
  nativeThen?: Then;
}

/** Plugin configs that get the same events when these have left the chain. */
export interface DeliveryGroup {
  /** Plugin config ids. */
  plugins: readonly number[];
  /** Names of events that they do not get. */
  ignored: ReadonlySet<string>;
}

/** The plugins of one project in order, and what a run without failures writes into its markers. */
export interface Chain {
  plugins: ChainPlugin[];
  succeeded: string[];
  /** Plugins with hooks that run later, on the ingested event. */
  deferred: string[];
  /** Who gets the events that leave this chain; absent when nobody does. */
  deliveries?: readonly DeliveryGroup[];
  /** The chain of session recordings, which do not run through `processEvent`; absent when nobody waits for them. */
  snapshots?: Chain;
}

/** One event on its way through a chain. */
export class EventRun {
  event: PluginEvent;
  readonly chain: Chain;
  readonly teamId: number;
  readonly uuid: string;
  readonly record: number;
  readonly position: number;
  /** Index of the plugin that runs or is to run. */
  next = 0;
  listeners: { answered: (returned: unknown) => void; refused: (error: unknown) => void } | null = null;
  /** The tick at which the current wait began; see `ChainRunner.tick`. */
  waitingSince = 0;
  failed: string[] | null = null;
  droppedBy: ChainPlugin | null = null;
  finished = false;
  /** It ended before the end of its chain because the runner was stopped: nothing of it counts. */
  abandoned = false;
  onFinish: ((run: EventRun) => void) | null = null;

  constructor(event: PluginEvent, chain: Chain, record: number, position: number, uuid = event.uuid) {
    this.event = event;
    this.chain = chain;
    this.teamId = event.team_id;
    this.uuid = uuid;
    this.record = record;
    this.position = position;
  }
}
