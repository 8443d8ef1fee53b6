/** Reads the list once. A list that makes no sense keeps the plugin from starting, with a message for its owner. */
export function setupPlugin({ config, global }) {
  const pairs = (config.properties || '').split(',').filter((pair) => pair.trim() !== '');
  global.properties = Object.fromEntries(pairs.map(readPair));
}

export function processEvent(event, { config, global }) {
  const own = event.properties || {};
  event.properties = config.overwrite === 'yes' ? { ...own, ...global.properties } : { ...global.properties, ...own };
  return event;
}

function readPair(pair) {
  const [name, ...value] = pair.split('=');
  if (name.trim() === '' || value.length === 0) {
    throw new Error(`"Properties" must be a list like name=value, other=value; got "${pair.trim()}"`);
  }
  return [name.trim(), value.join('=').trim()];
}
