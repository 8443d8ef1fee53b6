import { RetryError } from '@posthog/plugin-scaffold';

/** Is called with a batch of events that have been processed. The same batch comes again after a RetryError, for most of a day. */
export async function exportEvents(events, { config }) {
  const response = await post(config, events);
  if (response.status === 429 || response.status >= 500) throw new RetryError(`It answered ${response.status}`);
  // Trying again would not help: the events become dead letters.
  if (!response.ok) throw new Error(`It answered ${response.status}`);
  console.log(`Sent ${events.length} events`);
}

async function post({ url, token }, events) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  try {
    return await fetch(url, { method: 'POST', headers, body: JSON.stringify(events) });
  } catch (error) {
    throw new RetryError(`It does not answer: ${error.message}`);
  }
}
