// Nothing is exported: the host finds top-level hooks by their names.
// oxlint-disable-next-line no-unused-vars
async function processEvent(event, { config, cache }) {
  const greetings = await cache.get('greetings', 0);
  // Nobody waits for this: the next event sees the new number all the same, and it is stored before the batch is done.
  cache.set('greetings', greetings + 1);

  if (event.properties) {
    event.properties.greeting = config.greeting;
    event.properties.greeting_number = greetings + 1;
  }
  return event;
}
