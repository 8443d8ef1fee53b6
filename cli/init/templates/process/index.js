/** Is called for every event before it goes on. What it returns goes on in its place; null drops the event. */
export function processEvent(event, { config }) {
  if (event.event === config.unwanted) return null;
  event.properties = { ...event.properties, greeting: config.greeting };
  return event;
}
