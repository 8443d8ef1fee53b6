export async function processEvent(event, { cache }) {
  await cache.incr('events');
  return event;
}

export async function runEveryMinute({ config, cache }) {
  const events = Number(await cache.get('events', 0));
  if (!config.url) return console.log(`${events} events so far`);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(config.url, { method: 'POST', headers, body: JSON.stringify({ events }) });
  if (!response.ok) throw new Error(`The address answered ${response.status}`);
}
