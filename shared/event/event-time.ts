/**
 * When an event happened, milliseconds since 1970: its `timestamp`, corrected by how far the client's clock was off when `sent_at` came with
 * it; else `offset` milliseconds before it arrived (`now`); else when it arrived. NaN when none of them is a date.
 */
export function eventTime(event: { timestamp?: unknown; sent_at?: unknown; offset?: unknown; now?: unknown }): number {
  const arrived = dateOf(event.now);
  const said = dateOf(event.timestamp);
  if (!Number.isNaN(said)) {
    const corrected = arrived + (said - dateOf(event.sent_at));
    return Number.isNaN(corrected) ? said : corrected;
  }
  return typeof event.offset === 'number' ? arrived - event.offset : arrived;
}

function dateOf(value: unknown): number {
  return typeof value === 'string' && value !== '' ? Date.parse(value) : Number.NaN;
}
