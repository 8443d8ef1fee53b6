import type { QueueMessage } from '../shared/aws/group-messages.ts';
import { hopsAttribute } from './hops-attribute.ts';

/** What a message of the queue `deliveries` says beside its events. SQS takes strings only. */
export type DeliveryAttributes = {
  /** Id of the plugin config whose hooks get the events. */
  pluginConfig: string;
  /** How many events the body has. */
  events: string;
  /** `exportEvents` when nothing else is to be called: the events are those of a call that failed. */
  only?: 'exportEvents';
  /** How often these events have ended as a dead letter: what is sent again is another export than the one that failed. */
  round?: string;
  /** How many captures have led to the events. */
  hops?: string;
};

/** A message of the queue `deliveries`. */
export interface DeliveryMessage extends QueueMessage {
  attributes: DeliveryAttributes;
}

export interface DeliveryContent extends Pick<DeliveryAttributes, 'only' | 'round'> {
  body: string;
  events: number;
  hops?: number | undefined;
}

/** Makes a message for each plugin config of the same body. The group makes the queue fair: one plugin config's backlog is not the others'. */
export function deliveryMessages(
  pluginConfigs: readonly number[],
  { body, events, hops, ...more }: DeliveryContent,
): DeliveryMessage[] {
  return pluginConfigs.map((id) => ({
    body,
    attributes: { pluginConfig: String(id), events: String(events), ...hopsAttribute(hops), ...more },
    group: String(id),
  }));
}
