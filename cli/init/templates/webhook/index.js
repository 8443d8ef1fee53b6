/** Is called for every event that has been processed, and says which request Hoglet is to send; null for none. */
export function composeWebhook(event, { config }) {
  if (event.event !== config.event) return null;
  return {
    url: config.url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ who: event.distinct_id, when: event.timestamp, what: event.properties }),
  };
}
