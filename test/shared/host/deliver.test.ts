import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IncomingDelivery } from '../../../shared/host/run-deliveries.ts';
import { createTestHost, eventOf, pluginOf } from '../../support/plugin-host.ts';

const host = createTestHost({ hookTimeoutSeconds: 2, allowPrivateNetworks: true });
afterAll(() => host.stop());

/** What plugins sent, by plugin config, in the order in which it came. */
const sent = new Map<string, unknown[]>();
const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    const plugin = request.url?.slice(1) ?? '';
    sent.set(plugin, [...(sent.get(plugin) ?? []), JSON.parse(body)]);
    response.end();
  });
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => sent.clear());

const SEND = `const send = (what, { config }) => fetch(config.url, { method: 'POST', body: JSON.stringify(what) });`;
const EXPORTER = `${SEND} exports.exportEvents = (events, meta) => send(events.map(({ event }) => event), meta);`;
const LISTENER = `${SEND} exports.onEvent = (event, meta) => send(event.event, meta);`;

const plugin = (id: number, code: string, config: Record<string, unknown> = {}) =>
  pluginOf(id, code, { url: `${url}/${id}`, ...config });

const message = (id: number, ...names: string[]): IncomingDelivery => {
  const events = names.map((event, index) => eventOf({ event, uuid: `018f3e2a-7b1c-7000-9f00-00000000000${index}` }));
  return { plugin: id, round: 0, events: names.length, body: JSON.stringify({ v: 1, events }) };
};
const deliver = (...messages: IncomingDelivery[]) => host.deliver(messages, performance.now() + 60_000);

describe('a delivery', () => {
  it('gives every event to onEvent, and all events of a plugin config’s messages together to exportEvents', async () => {
    await host.use(
      plugin(1, `${EXPORTER} exports.onEvent = (event, meta) => send(event.event, meta);`),
      plugin(2, EXPORTER),
    );

    const { accounts, exports } = await deliver(message(1, 'a', 'b'), message(2, 'c'), message(1, 'd'));

    expect(
      sent
        .get('1')
        ?.filter((one) => typeof one === 'string')
        .toSorted(),
    ).toEqual(['a', 'b', 'd']);
    expect(sent.get('1')?.filter((one) => Array.isArray(one))).toEqual([['a', 'b', 'd']]);
    expect(sent.get('2')).toEqual([['c']]);
    expect(accounts).toEqual([
      { events: 2, exported: 2, notExported: 0, givenBack: 0, failed: 0 },
      { events: 1, exported: 1, notExported: 0, givenBack: 0, failed: 0 },
      { events: 1, exported: 1, notExported: 0, givenBack: 0, failed: 0 },
    ]);
    expect(exports.find((one) => one.plugin === 1)).toMatchObject({
      events: 3,
      parts: [
        { record: 0, events: 2 },
        { record: 2, events: 1 },
      ],
      lines: '',
    });
  });

  it('is cut into exports of at most the buffer’s length, over the borders of messages', async () => {
    const length = JSON.stringify(eventOf({ event: 'a' })).length;
    await host.use(plugin(1, EXPORTER, { exportEventsBufferBytes: String(2 * length) }));

    await deliver(message(1, 'a', 'b', 'c'), message(1, 'd', 'e'));

    expect(sent.get('1')?.toSorted()).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('leaves out of exports, but not of onEvent, what the plugin config ignores', async () => {
    await host.use(
      plugin(1, `${EXPORTER} exports.onEvent = (event, meta) => send(event.event, meta);`, {
        exportEventsToIgnore: 'a',
      }),
    );

    const { accounts } = await deliver(message(1, 'a', 'b'));

    expect(sent.get('1')?.map(String).toSorted()).toEqual(['a', 'b', 'b']);
    expect(accounts).toEqual([{ events: 2, exported: 1, notExported: 1, givenBack: 0, failed: 0 }]);
  });

  it('of session recordings is for onSnapshot alone', async () => {
    await host.use(
      plugin(
        1,
        `${EXPORTER} exports.onEvent = (event, meta) => send('no', meta); exports.onSnapshot = (event, meta) => send('snap', meta);`,
      ),
    );

    await deliver(message(1, '$snapshot'));

    expect(sent.get('1')).toEqual(['snap']);
  });

  it('of an export that is sent again calls nothing but exportEvents', async () => {
    await host.use(plugin(1, `${EXPORTER} exports.onEvent = (event, meta) => send(event.event, meta);`));

    await deliver({ ...message(1, 'a'), only: 'exportEvents', round: 1 });

    expect(sent.get('1')).toEqual([['a']]);
  });
});

describe('a plugin that fails', () => {
  it('in onEvent is recorded and counted, and not called again, whatever it threw', async () => {
    await host.use(
      plugin(
        1,
        `exports.onEvent = async (event) => { throw event.event === 'a' ? new RetryError('later') : new Error('no'); };`,
      ),
    );

    const { accounts, errors } = await deliver(message(1, 'a', 'b'));

    expect(accounts).toEqual([{ events: 2, exported: 0, notExported: 2, givenBack: 0, failed: 2 }]);
    expect(errors).toMatchObject([{ plugin: 1, count: 2, last: { hook: 'onEvent', event: { event: 'b' } } }]);
  });

  it('in exportEvents gets its events back, with whether to try again', async () => {
    await host.use(
      plugin(1, `exports.exportEvents = async () => { throw new RetryError('later'); };`),
      plugin(2, `exports.exportEvents = () => { throw new Error('never'); };`),
      plugin(3, `exports.exportEvents = () => new Promise(() => {});`),
    );

    const { accounts, exports } = await deliver(message(1, 'a', 'b'), message(2, 'c'), message(3, 'd'));

    expect(accounts.map(({ exported, unfinished }) => [exported, unfinished])).toEqual([
      [2, undefined],
      [1, undefined],
      [1, undefined],
    ]);
    const byPlugin = exports.toSorted((a, b) => a.plugin - b.plugin);
    expect(byPlugin.map(({ error }) => [error?.name, error?.retry])).toEqual([
      ['RetryError', true],
      ['Error', false],
      ['TimeoutError', true],
    ]);
    expect(byPlugin[0]?.lines.split('\n').map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'a',
      'b',
    ]);
  });

  it('by never answering is suspended, and what it was not called with comes again; others are not kept waiting', async () => {
    await host.use(plugin(1, `exports.onEvent = () => new Promise(() => {});`), plugin(2, LISTENER));
    const many = Array.from({ length: 30 }, () => 'a');

    const { accounts } = await deliver(message(1, ...many), message(1, 'b'), message(2, 'c'));

    expect(accounts.map(({ unfinished }) => unfinished)).toEqual(['suspended', 'suspended', undefined]);
    expect(accounts[0]?.failed).toBeLessThan(30);
    expect(sent.get('2')).toEqual(['c']);
  });

  it('by blocking the process loses only its own call, and exports that had ended are not repeated', async () => {
    await host.use(
      plugin(1, EXPORTER),
      plugin(
        2,
        `exports.onEvent = async (event) => {
        await new Promise((resolve) => fetch('${url}/wait', { method: 'POST', body: '0' }).then(resolve, resolve));
        await fetch('${url}/wait', { method: 'POST', body: '0' });
        if (event.event === 'loop') while (true) {}
      };`,
      ),
      plugin(3, LISTENER),
    );

    const { accounts, exports } = await deliver(message(1, 'a'), message(2, 'b', 'loop', 'c'), message(3, 'd'));

    expect(accounts).toMatchObject([{ exported: 1 }, { events: 3, failed: 1 }, { events: 1, failed: 0 }]);
    expect(accounts.map(({ unfinished }) => unfinished)).toEqual([undefined, undefined, undefined]);
    expect(exports).toHaveLength(1);
    expect(sent.get('1')).toEqual([['a']]);
    expect(sent.get('3')).toContain('d');
  }, 30_000);

  it('by blocking in exportEvents is asked for it again later', async () => {
    await host.use(plugin(1, `exports.exportEvents = () => { while (true) {} };`));

    const { accounts, exports } = await deliver(message(1, 'a'));

    expect(accounts).toEqual([{ events: 1, exported: 1, notExported: 0, givenBack: 0, failed: 0 }]);
    expect(exports).toMatchObject([{ error: { name: 'TimeoutError', retry: true }, events: 1 }]);
  }, 30_000);
});

describe('a delivery that cannot be made now', () => {
  it('comes again when its plugin config is not loaded', async () => {
    await host.use(plugin(2, LISTENER));

    const { accounts } = await deliver(message(1, 'a'), message(2, 'b'));

    expect(accounts.map(({ unfinished }) => unfinished)).toEqual(['absent', undefined]);
  });

  it('comes again, with a line in the plugin’s log, when its body makes no sense', async () => {
    await host.use(plugin(1, LISTENER));

    const { accounts, logs } = await deliver({ plugin: 1, round: 0, body: 'KLUvnonsense' });

    expect(accounts).toMatchObject([{ events: 0, unfinished: 'unreadable' }]);
    expect(logs).toMatchObject([{ plugin: 1, source: 'SYSTEM', level: 'ERROR' }]);
  });

  it('is refused as a whole when it has not as many events as its sender said', async () => {
    await host.use(plugin(1, LISTENER));

    await expect(deliver({ ...message(1, 'a'), events: 2 })).rejects.toThrow('does not add up');
  });

  it('is given back, as far as it was not handed out, when the time is over, and as a whole when it was not begun', async () => {
    const slow = `fetch('${url}/1', { method: 'POST', body: JSON.stringify(event.uuid) })`;
    await host.use(plugin(1, `exports.onEvent = (event) => ${slow}; exports.exportEvents = () => {};`));
    const many = Array.from({ length: 3000 }, () => 'a');

    const { accounts, rests, exports } = await host.deliver(
      [message(1, ...many), message(1, 'b')],
      performance.now() + 600,
    );

    expect(accounts[1]).toMatchObject({ events: 0, unfinished: 'later' });
    const { exported = 0, givenBack = 0, unfinished } = accounts[0] ?? {};
    expect([exported + givenBack, unfinished]).toEqual([3000, undefined]);
    expect(exports.reduce((sum, { events }) => sum + events, 0)).toBe(exported);
    const [notCalled] = rests.filter(({ only }) => only === undefined);
    const handedOut = sent.get('1')?.length ?? 0;
    expect(handedOut).toBeGreaterThan(0);
    expect(handedOut + (notCalled?.events ?? 0)).toBe(3000);
    expect(notCalled?.lines.split('\n')).toHaveLength(notCalled?.events ?? 0);
  });
});
