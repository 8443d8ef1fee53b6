import { expect, it } from 'vitest';
import { builtPlugin } from '../../support/built-plugin.ts';
import { createTestHost, eventOf, eventsOf } from '../../support/plugin-host.ts';

it('a plugin runs without the value of a required field, and does not see defaults that nobody stored', async () => {
  const manifest = {
    name: 'Test',
    config: [
      { key: 'token', type: 'string', required: true, secret: true },
      { key: 'mode', type: 'choice', choices: ['a', 'b'], default: 'a' },
    ],
  };
  const source = `export function processEvent(event, { config }) { event.properties.keys = Object.keys(config); return event }`;
  const host = createTestHost();
  await host.use(await builtPlugin(1, { 'plugin.json': JSON.stringify(manifest), 'index.ts': source }));

  const [event] = eventsOf(await host.runEvents([eventOf()]));
  await host.stop();

  expect(event?.properties).toMatchObject({ keys: [], $plugins_succeeded: ['Plugin 1 (1)'] });
});
