import { randomUUID } from 'node:crypto';
import type { HookCall } from '../../shared/sandbox/hook-call.ts';
import type { Bench } from './bench.ts';
import { exportBatch } from './exports.ts';
import { isReady, type Member } from './member.ts';

type Event = Record<string, unknown>;

/**
 * Runs events through the chain and then, as they go on to ingestion, through the hooks for events that are done.
 *
 * @returns each event as it goes on, null for one that was dropped; whether a hook threw.
 */
export async function runEvents(
  bench: Bench,
  teamId: number,
  events: readonly Event[],
): Promise<{ outputs: unknown[]; hasThrown: boolean }> {
  const now = new Date(bench.clock.now()).toISOString();
  const filled = events.map((event) => missing(event, { team_id: teamId, uuid: randomUUID(), now }));
  const run = await bench.host.run(filled);
  const texts = run.outputs.filter((text) => text !== null);
  const delivered = await deliver(bench, texts);
  const outputs = run.outputs.map((text) => (text === null ? null : (JSON.parse(text) as unknown)));
  return { outputs, hasThrown: run.hasThrown || delivered.hasThrown };
}

/** The event with these values for keys that it does not have. */
function missing(event: Event, values: Event): Event {
  const absent = Object.entries(values).filter(([key]) => event[key] === undefined);
  return { ...event, ...Object.fromEntries(absent) };
}

/** Hands ingested events, JSON texts, to the plugins that wait for them. */
async function deliver(bench: Bench, texts: string[]): Promise<{ hasThrown: boolean }> {
  const events = texts.map((text) => ({ text, event: JSON.parse(text) as Event }));
  const ready = bench.members.filter(isReady);
  const calls = events.flatMap(({ text, event }) =>
    ready.flatMap((member) =>
      hooksFor(event, member).map((hook): HookCall => ({ plugin: member.id, hook, argument: text })),
    ),
  );
  const results = calls.length === 0 ? [] : await bench.host.invoke(calls);
  let hasThrown = results.some(({ error }) => error !== undefined);
  for (const { text, event } of events) {
    for (const member of ready) {
      if (!member.capabilities.methods.includes('exportEvents') || isSnapshot(event)) continue;
      for (const batch of member.buffer.add(event, text)) {
        const { error } = await exportBatch(bench, member, batch);
        if (error !== undefined) hasThrown = true;
      }
    }
  }
  return { hasThrown };
}

function hooksFor(event: Event, { capabilities }: Member): string[] {
  const hooks = isSnapshot(event) ? ['onSnapshot'] : ['onEvent', 'composeWebhook'];
  return hooks.filter((hook) => capabilities.methods.includes(hook));
}

/** Session recordings take a way of their own. */
function isSnapshot({ event }: Event): boolean {
  return event === '$snapshot';
}
