import { createAccountReader } from '../../local/demo/read-accounts.ts';
import { storyOf } from '../support/flow-stack.ts';
import type { Outcome } from './outcome.ts';

/** An event that a scenario has sent, and how it is to end. */
export interface SentEvent {
  /** In its property `mark`. */
  id: string;
  uuid: string;
  end: 'ingested' | 'dropped' | 'dead letter';
}

/**
 * The one rule: every event ended ingested, dropped by the plugin that is to drop it, or in dead letters, and the same event has the same
 * uuid however often it has come.
 */
export function judgeEvents(sent: readonly SentEvent[], outcome: Outcome, dropper: number): string[] {
  const ending = (end: SentEvent['end']) => sent.filter((event) => event.end === end);
  const uuidsByMark = Map.groupBy(outcome.ingested, ({ properties }) => String(properties?.['mark']));
  const letters = new Set(
    outcome.deadLetters.events.map(storyOf).map((story) => `${story['sourceMessageId']}:${story['position'] ?? ''}`),
  );
  const accounts = createAccountReader();
  for (const line of outcome.lines()) accounts.readLine(JSON.stringify(line));
  const dropped = accounts.sums().dropped.get(dropper) ?? 0;

  return [
    ...ending('ingested')
      .filter(({ id }) => !uuidsByMark.has(id))
      .map(({ id }) => `the event "${id}" is lost`),
    ...sent
      .filter(({ id, end }) => end !== 'ingested' && uuidsByMark.has(id))
      .map(({ id, end }) => `the event "${id}" was ingested, but was to be ${end}`),
    ...sent.flatMap(({ id, uuid }) => {
      const others = (uuidsByMark.get(id) ?? []).filter((event) => event.uuid !== uuid);
      return others.map((event) => `the event "${id}" came with the uuid ${event.uuid}, not ${uuid}`);
    }),
    ...(dropped === ending('dropped').length
      ? []
      : [`${dropped} events were counted as dropped, not ${ending('dropped').length}`]),
    ...(letters.size === ending('dead letter').length
      ? []
      : [`${letters.size} events are dead letters, not ${ending('dead letter').length}`]),
  ];
}

/**
 * A count is exact when nothing had to be done again; what is done again may be counted again (ADR 9).
 *
 * @param repeats how often something had to be done again
 */
export function judgeCount(what: string, count: number, expected: number, repeats: number): string[] {
  const most = expected * (1 + repeats);
  if (count >= expected && count <= most) return [];
  return [`${what} is ${count}, which is not within ${expected} and ${most}`];
}

/** What a plugin config keeps under a key, as text. */
export function stateValue(
  outcome: Outcome,
  space: 'cache' | 'storage',
  plugin: number,
  key: string,
): string | undefined {
  const item = outcome.state.find(({ pk }) => pk === `${space}#${plugin}#${key}`);
  const value = item?.['count'] ?? item?.['value'];
  return value === undefined ? undefined : String(value);
}
