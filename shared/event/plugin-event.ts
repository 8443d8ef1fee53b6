/**
 * An event as plugins see it: PostHog's names on the wire, plus any other key the client sent.
 * `properties` can be missing, so a plugin (and we) must tolerate that.
 */
export interface PluginEvent {
  uuid: string;
  team_id: number;
  event: string;
  distinct_id: string;
  ip?: string | null;
  site_url?: string | null;
  /** ISO 8601, when capture received the event. */
  now?: string;
  sent_at?: string | null;
  timestamp?: string;
  /** Milliseconds between the client's event and its sending. */
  offset?: number;
  properties?: Record<string, unknown>;
  $set?: Record<string, unknown>;
  $set_once?: Record<string, unknown>;
  [key: string]: unknown;
}
