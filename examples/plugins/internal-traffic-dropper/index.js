function setupPlugin({ config, global }) {
  global.endings = listOf(config.emailDomains).map((domain) => `@${domain.toLowerCase().replace(/^@/, '')}`);
  global.eventNames = new Set(listOf(config.eventNames));
}

function processEvent(event, { global }) {
  if (global.eventNames.has(event.event)) return null;
  const isInternal = emailsOf(event).some((email) => global.endings.some((ending) => email.endsWith(ending)));
  return isInternal ? null : event;
}

/** Everything about the person that may be an e-mail address. */
function emailsOf(event) {
  const { properties = {}, $set = {} } = event;
  const candidates = [properties?.email, properties?.$set?.email, $set?.email, event.distinct_id];
  return candidates.filter((email) => typeof email === 'string').map((email) => email.toLowerCase());
}

function listOf(text) {
  return (text || '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

module.exports = { setupPlugin, processEvent };
