/** The count is the project's own, and exact: the cache counts for all processes at once. */
export async function processEvent(event, { config, cache }) {
  if (event.event !== config.report) await cache.incr('events');
  return event;
}

/** Runs at every full hour; so do `runEveryMinute` and `runEveryDay` at theirs. */
export async function runEveryHour({ config, cache }) {
  const count = Number(await cache.get('events', 0));
  console.log(`${count} events so far`);
  await posthog.capture(config.report, { count });
}
