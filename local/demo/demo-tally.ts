import type { Message } from '@aws-sdk/client-sqs';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { DEFAULT_MESSAGE_LIMITS, readMessage } from '../../shared/event/read-message.ts';
import { type AccountReader, createAccountReader } from './read-accounts.ts';

/** What has become of the events so far. */
export interface DemoTally {
  accounts: AccountReader;
  addIngested(messages: Message[]): void;
  addDeadLetters(messages: Message[]): void;
  counts(): DemoCounts;
  /** Uuids of the ingested events whose names are fit. */
  ingestedUuids(isFit: (name: string) => boolean): string[];
  /** The ingested event with that uuid. */
  find(uuid: string): PluginEvent | undefined;
}

export interface DemoCounts {
  /** Different events; a repeat has the uuid of the first. */
  ingested: number;
  /** By plugin config id. */
  dropped: Map<number, number>;
  failed: Map<number, number>;
  deadLetters: number;
  /** By reason. */
  reasons: Map<string, number>;
  /** Events in messages that were received more than once. */
  repeated: number;
}

/** `keep` says of which events more than the uuid is kept. */
export function createDemoTally(keep: (uuid: string) => boolean): DemoTally {
  const accounts = createAccountReader();
  const ingested = new Map<string, string>();
  const kept = new Map<string, PluginEvent>();
  const deadLetters = new Map<string, { reason: string; events: number }>();
  return {
    accounts,
    addIngested(messages) {
      for (const { Body = '' } of messages) {
        for (const event of readMessage(Body, DEFAULT_MESSAGE_LIMITS) as PluginEvent[]) {
          ingested.set(event.uuid, event.event);
          if (keep(event.uuid)) kept.set(event.uuid, event);
        }
      }
    },
    addDeadLetters(messages) {
      for (const message of messages) {
        const attribute = (name: string) => message.MessageAttributes?.[name]?.StringValue;
        const reason = attribute('reason');
        // Without a reason it was the queue that gave up on the message, with all the events in it.
        const events = reason === undefined ? countEvents(message.Body ?? '') : 1;
        // The same letter sent twice has the same source and position.
        const identity = `${attribute('sourceMessageId') ?? message.MessageId}:${attribute('position') ?? ''}`;
        deadLetters.set(identity, { reason: reason ?? 'received too often', events });
      }
    },
    counts() {
      const reasons = new Map<string, number>();
      for (const { reason, events } of deadLetters.values()) reasons.set(reason, (reasons.get(reason) ?? 0) + events);
      return { ingested: ingested.size, ...accounts.sums(), deadLetters: sum(reasons), reasons };
    },
    ingestedUuids: (isFit) => [...ingested].flatMap(([uuid, name]) => (isFit(name) ? [uuid] : [])),
    find: (uuid) => kept.get(uuid),
  };
}

/** The sum of what a map counts. */
export function sum(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function countEvents(body: string): number {
  try {
    return readMessage(body, DEFAULT_MESSAGE_LIMITS).length;
  } catch {
    return 1;
  }
}
