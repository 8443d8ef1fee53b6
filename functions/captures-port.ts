import type { QueueMessage } from '../shared/aws/group-messages.ts';
import { packCaptures } from '../shared/event/pack-captures.ts';
import type { CapturePort } from '../shared/host/services.ts';
import type { CapturedEvent } from '../shared/sandbox/service-calls.ts';
import { hopsAttribute } from './hops-attribute.ts';

export interface CapturesPortDeps {
  /** Sends to the queue `events`, and gives what could not be sent. */
  send(messages: QueueMessage[]): Promise<QueueMessage[]>;
  /** How many captures may each lead to the next. */
  limit: number;
  /** Hears of events of one name that are not captured because the limit is reached, with what to tell. */
  onLimit(refused: { plugin: number; name: string; count: number; message: string }): void;
  /** Hears how many events of a plugin config are in the queue now. */
  onCaptured(plugin: number, count: number): void;
}

/**
 * Puts the events that plugins capture into the `events` queue, in as few messages as hold them: one hop count a message. One that a row of
 * captures has led to too often is left out, and told.
 */
export function createCapturesPort({ send, limit, onLimit, onCaptured }: CapturesPortDeps): CapturePort {
  return {
    async capture(events) {
      const accepted = events.filter(({ hops }) => hops <= limit);
      const messages = [...Map.groupBy(accepted, ({ hops }) => hops)].flatMap(([hops, ofHops]) =>
        packCaptures(ofHops.map(({ event }) => event)).map((body) => ({ body, attributes: hopsAttribute(hops) })),
      );
      const unsent = messages.length === 0 ? [] : await send(messages);
      if (unsent.length > 0)
        throw new Error(`${unsent.length} of ${messages.length} messages with captured events could not be sent`);
      for (const [plugin, ofPlugin] of Map.groupBy(accepted, (event) => event.plugin))
        onCaptured(plugin, ofPlugin.length);
      for (const refused of refusedEvents(events, limit)) onLimit(refused);
    },
  };
}

/** Events of one plugin config and name are told together: a loop has many of them. */
function refusedEvents(events: readonly CapturedEvent[], limit: number) {
  const refused = events.filter(({ hops }) => hops > limit);
  const alike = Map.groupBy(refused, ({ plugin, name }) => JSON.stringify([plugin, name]));
  return [...alike.values()].map((same) => {
    const [{ plugin, name }] = same as [CapturedEvent];
    const often = same.length === 1 ? '' : `, ${same.length} times`;
    const message = `The event "${name}" was not captured by plugin config ${plugin}${often}: ${limit} captures have led to one another, and captureHopLimit allows no more. Let the plugin pass over the events that it captures, or end the row.`;
    return { plugin, name, count: same.length, message };
  });
}
