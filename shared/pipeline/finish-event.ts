import type { PluginEvent } from '../event/plugin-event.ts';
import type { EventRun } from './chain.ts';
import { writeMarkers } from './markers.ts';
import { plainCopy } from './plain-copy.ts';

/** A finished event as JSON, and why something had to be left out, if JSON could not say it. */
export interface FinishedEvent {
  json: string;
  problem?: string;
}

/**
 * Writes a processed event, with its markers. Plugins can put in what JSON cannot say (a cycle, a BigInt, a getter that throws, a proxy):
 * then the rest of the event is written all the same, since an event is never lost for a plugin's mistake. Never throws.
 */
export function finishEvent(run: EventRun): FinishedEvent {
  try {
    return { json: write(run) };
  } catch (error) {
    run.event = { ...(plainCopy(run.event) as PluginEvent), team_id: run.teamId, uuid: run.uuid };
    return { json: write(run), problem: firstLine(error) };
  }
}

function write(run: EventRun): string {
  // A plugin that made a new event may have left this out; without it no consumer can tell a repeat.
  if (typeof run.event.uuid !== 'string') run.event = { ...run.event, uuid: run.uuid };
  writeMarkers(run);
  const json = JSON.stringify(run.event) as string | undefined;
  if (json?.charCodeAt(0) !== OPENING_BRACE) throw new TypeError('toJSON made something else of the event');
  return json;
}

const OPENING_BRACE = 0x7b;

/** V8 draws cycles over several lines. The value may be anything that was thrown. */
function firstLine(error: unknown): string {
  return error instanceof Error
    ? (String(error.message).split('\n')[0] as string)
    : 'a value that throws when it is read';
}
