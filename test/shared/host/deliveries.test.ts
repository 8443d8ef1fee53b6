import { afterAll, describe, expect, it } from 'vitest';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { readDelivery } from '../../../shared/event/read-delivery.ts';
import { DEFAULT_MESSAGE_LIMITS } from '../../../shared/event/read-message.ts';
import type { OutgoingDelivery } from '../../../shared/host/child-session.ts';
import { createTestHost, eventOf, eventsOf, pluginOf } from '../../support/plugin-host.ts';

const host = createTestHost({ hookTimeoutSeconds: 4 });
afterAll(() => host.stop());

/** Names of the events that a plugin config gets. */
function namesFor(plugin: number, deliveries: OutgoingDelivery[]): unknown[] {
  return deliveries
    .filter(({ plugins }) => plugins.includes(plugin))
    .flatMap(({ body }) => readDelivery(body, DEFAULT_MESSAGE_LIMITS))
    .map((text) => (JSON.parse(text) as PluginEvent).event);
}

const DROPS = `exports.processEvent = (event) => event.event === 'drop' ? null : event;`;
const EXPORTS = `exports.exportEvents = async () => {};`;
const events = (...names: string[]) => names.map((event) => eventOf({ event, uuid: undefined }));

describe('events that leave the chain', () => {
  it('are delivered to each plugin with a hook for them, as they are ingested, and to no other', async () => {
    await host.use(
      pluginOf(1, DROPS),
      pluginOf(2, EXPORTS),
      pluginOf(3, `exports.onEvent = async () => {};`),
      pluginOf(4, `exports.composeWebhook = () => null;`),
      pluginOf(5, `exports.runEveryMinute = () => {};`),
    );

    const result = await host.runEvents(events('a', 'drop', 'b'));

    expect([1, 2, 3, 4, 5].map((plugin) => namesFor(plugin, result.deliveries))).toEqual([
      [],
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
      [],
    ]);
    expect(result.accounts).toMatchObject([{ events: 3, ingested: 2, deliveries: { 2: 2, 3: 2, 4: 2 } }]);
    const [delivery] = result.deliveries;
    expect(
      readDelivery(delivery?.body ?? '', DEFAULT_MESSAGE_LIMITS).map((text) => JSON.parse(text) as unknown),
    ).toEqual(eventsOf(result));
  });

  it('are packed once for all plugins that get the same ones', async () => {
    await host.use(pluginOf(1, EXPORTS), pluginOf(2, EXPORTS), pluginOf(3, EXPORTS, { exportEventsToIgnore: 'a' }));

    const { deliveries } = await host.runEvents(events('a', 'b'));

    expect(deliveries.map(({ plugins, events: count }) => [plugins, count])).toEqual([
      [[1, 2], 2],
      [[3], 1],
    ]);
  });

  it('go to an exporter without those it ignores, but with them to one that also has onEvent', async () => {
    const ignoring = { exportEventsToIgnore: 'a, c' };
    await host.use(
      pluginOf(1, EXPORTS, ignoring),
      pluginOf(2, `${EXPORTS} exports.onEvent = () => {};`, ignoring),
      // Its name at the end counts.
      pluginOf(3, `exports.processEvent = (event) => { if (event.event === 'b') event.event = 'c'; return event; };`),
    );

    const { deliveries, accounts } = await host.runEvents(events('a', 'b', 'd'));

    expect(namesFor(1, deliveries)).toEqual(['d']);
    expect(namesFor(2, deliveries)).toEqual(['a', 'c', 'd']);
    expect(accounts[0]?.deliveries).toEqual({ 1: 1, 2: 3 });
  });

  it('are only for onSnapshot when they are session recordings, which run through no processEvent and are not exported', async () => {
    await host.use(
      pluginOf(1, `exports.processEvent = () => null; exports.onSnapshot = () => {};`),
      pluginOf(2, `exports.exportEvents = () => {}; exports.onEvent = () => {};`),
    );

    const { deliveries, accounts } = await host.runEvents(events('$snapshot', 'a'));

    expect(namesFor(1, deliveries)).toEqual(['$snapshot']);
    expect(namesFor(2, deliveries)).toEqual([]);
    expect(accounts).toMatchObject([{ events: 2, ingested: 1, dropped: { 1: 1 }, deliveries: { 1: 1 } }]);
  });

  it('leave no trace of deliveries when nobody waits for them', async () => {
    await host.use(pluginOf(1, DROPS));

    const { deliveries, accounts } = await host.runEvents(events('a'));

    expect(deliveries).toEqual([]);
    expect(accounts[0]).not.toHaveProperty('deliveries');
  });

  it('are delivered exactly once more when the host died in the middle and ran the batch again', async () => {
    await host.use(
      pluginOf(1, `exports.processEvent = (event) => { if (event.event === 'loop') while (true) {} return event; };`),
      pluginOf(2, EXPORTS),
    );

    const { deliveries, accounts } = await host.runEvents(events('a', 'loop', 'b'));

    expect(namesFor(2, deliveries)).toEqual(['a', 'loop', 'b']);
    expect(accounts).toMatchObject([{ ingested: 3, failed: { 1: 1 }, deliveries: { 2: 3 } }]);
  });
});
