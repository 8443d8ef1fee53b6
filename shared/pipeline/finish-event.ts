import { types } from 'node:util';
import { isUuid } from '../event/event-uuid.ts';
import type { PluginEvent } from '../event/plugin-event.ts';
import type { EventRun } from './event-run.ts';
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
    const copy = plainCopy(run.event);
    run.event = { ...((typeof copy === 'object' ? copy : {}) as PluginEvent), team_id: run.teamId, uuid: run.uuid };
    return { json: write(run), problem: firstLine(error) };
  }
}

function write(run: EventRun): string {
  if (run.chain.plugins.length > 0) keepIdentity(run);
  writeMarkers(run);
  return stringify(run.event);
}

/**
 * What is written must have the event's own `team_id`, on which isolation rests, and a `uuid`, without which no consumer can tell a repeat.
 * An event that may say one thing now and another when it is written (`toJSON`, accessors, a proxy) is written once and read back.
 */
function keepIdentity(run: EventRun): void {
  if (isDisguised(run.event)) run.event = JSON.parse(stringify(run.event)) as PluginEvent;
  const { event, teamId } = run;
  if (event.uuid !== run.uuid && !isUuid(event.uuid)) run.event = { ...event, team_id: teamId, uuid: run.uuid };
  else if (event.team_id !== teamId) run.event = { ...event, team_id: teamId };
}

function isDisguised(event: PluginEvent): boolean {
  if (types.isProxy(event) || 'toJSON' in event) return true;
  // What is not its own is not written at all.
  const team = Object.getOwnPropertyDescriptor(event, 'team_id');
  const uuid = Object.getOwnPropertyDescriptor(event, 'uuid');
  return team === undefined || team.get !== undefined || uuid?.get !== undefined || !isShown(team) || !isShown(uuid);
}

function isShown(property: PropertyDescriptor | undefined): boolean {
  return property === undefined || property.enumerable === true;
}

function stringify(event: PluginEvent): string {
  const json = JSON.stringify(event) as string | undefined;
  if (json?.charCodeAt(0) !== OPENING_BRACE) throw new TypeError('toJSON made something else of the event');
  return json;
}

const OPENING_BRACE = 0x7b;

/** V8 draws cycles over several lines. The value may be anything that was thrown. */
function firstLine(error: unknown): string {
  try {
    if (error instanceof Error && typeof error.message === 'string') return error.message.split('\n')[0] as string;
  } catch {
    // It bites: the words below are all there is to say.
  }
  return 'a value that throws when it is read';
}
