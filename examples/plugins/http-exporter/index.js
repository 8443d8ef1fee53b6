import { RetryError } from '@posthog/plugin-scaffold';

export async function exportEvents(events, { config }) {
  const response = await post(config, events);
  // It may be over in a while: then the same events come again, after seconds at first, later after hours.
  if (response.status === 429 || response.status >= 500)
    throw new RetryError(`The address answered ${response.status}`);
  // Trying again would not help; the events go to dead letters, where they can be sent again from.
  if (!response.ok) throw new Error(`The address answered ${response.status}`);
}

async function post({ url, token }, events) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  try {
    return await fetch(url, { method: 'POST', headers, body: JSON.stringify(events) });
  } catch (error) {
    throw new RetryError(`The address does not answer: ${error.message}`);
  }
}
