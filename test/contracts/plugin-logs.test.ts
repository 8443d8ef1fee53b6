import { randomBytes } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { PluginLogEntry, PluginLogLine } from '../../shared/state/plugin-log.ts';
import type { LatestLines, LinesSince } from '../../shared/state/plugin-log-reader.ts';
import { itemBytes, type StateItem } from '../../shared/state/state-item.ts';
import { atCall, losesAnswer, refused, reportStores, throttled, type Writer } from './report-stores.ts';
import type { AwsCommand } from './state-implementations.ts';

const stores = reportStores();
const HOUR = 3_600_000;

const line = (message: string, more: Partial<PluginLogLine> = {}): PluginLogLine => ({
  timestamp: stores.now(),
  source: 'CONSOLE',
  type: 'LOG',
  message,
  ...more,
});

/** Writes a batch for each list of messages. */
async function write(writer: Writer, plugin: number, ...batches: string[][]): Promise<void> {
  for (const batch of batches) {
    for (const message of batch) writer.logs.add(plugin, line(message));
    await writer.flush();
    stores.pass(100);
  }
}

const messagesOf = (entries: PluginLogEntry[]) => entries.map(({ message }) => message);

/** All pages, from the newest line back. */
async function pagesBack(query: LatestLines): Promise<string[][]> {
  const pages: string[][] = [];
  let older: string | null | undefined;
  do {
    const page = await stores.logs().latest({ ...query, older: older ?? undefined });
    pages.push(messagesOf(page.entries));
    older = page.older;
  } while (older !== null);
  return pages;
}

/** What a follower is given until there is nothing more. */
async function follow(query: LinesSince): Promise<{ messages: string[]; cursor: string; calls: number }> {
  const messages: string[] = [];
  for (let after = query.after, calls = 1; ; calls++) {
    const { entries, cursor, more } = await stores.logs().since({ ...query, after });
    messages.push(...messagesOf(entries));
    if (!more) return { messages, cursor, calls };
    after = cursor;
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

describe('the log of a plugin config', () => {
  it('has every line with when, who, how and where it was written, and of nobody else', async () => {
    const [plugin, other] = [stores.newPlugin(), stores.newPlugin()];
    const writer = stores.writer();
    const timestamp = stores.now() - 5;
    writer.logs.add(plugin, { timestamp, source: 'PLUGIN', type: 'ERROR', message: 'größe 🦔\u0000\n"' });
    writer.logs.add(other, line('of another'));
    await writer.flush();

    const { entries } = await stores.logs().latest({ pluginConfig: plugin });

    const { instanceId } = writer;
    expect(entries).toEqual([
      { timestamp, source: 'PLUGIN', type: 'ERROR', message: 'größe 🦔\u0000\n"', instanceId, id: expect.any(String) },
    ]);
  });

  it('is read from the newest line back, a page at a time, over midnight', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    const written: string[] = [];
    for (const batch of [3, 1, 40, 2]) {
      const messages = numbers(batch).map((number) => `${batch}.${number}`);
      written.unshift(...messages.toReversed());
      await write(writer, plugin, messages);
      stores.pass(9 * HOUR);
    }

    for (const limit of [1, 2, 7, 46, 100]) {
      const pages = await pagesBack({ pluginConfig: plugin, limit });
      expect(pages.flat()).toEqual(written);
      expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(limit);
    }
    const ids = (await stores.logs().latest({ pluginConfig: plugin })).entries.map(({ id }) => id);
    expect(new Set(ids).size).toBe(46);
    const again = (await stores.logs().latest({ pluginConfig: plugin, limit: 3 })).entries.map(({ id }) => id);
    expect(again).toEqual(ids.slice(0, 3));
  });

  it('can be had by type and source; a filter that finds little still comes to the end', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    for (let batch = 0; batch < 600; batch++) {
      writer.logs.add(plugin, line(`console ${batch}`));
      if (batch === 3) writer.logs.add(plugin, line('told', { source: 'SYSTEM', type: 'INFO' }));
      if (batch === 4) writer.logs.add(plugin, line('broken', { source: 'PLUGIN', type: 'ERROR' }));
      await writer.flush();
      stores.pass(100);
    }

    expect((await pagesBack({ pluginConfig: plugin, types: ['ERROR'] })).flat()).toEqual(['broken']);
    const of = { pluginConfig: plugin, sources: ['SYSTEM', 'PLUGIN'] as const };
    expect((await pagesBack(of)).flat()).toEqual(['broken', 'told']);
    const followed = await follow({ ...of, after: 0 });
    expect(followed.messages).toEqual(['told', 'broken']);
    expect(followed.calls).toBeGreaterThan(1);
    expect((await pagesBack({ ...of, types: ['LOG'] })).flat()).toEqual([]);
  }, 20_000);

  it('gives a follower each line once, also those that others wrote at the same time and that arrive a little later', async () => {
    const plugin = stores.newPlugin();
    const writers = Array.from({ length: 4 }, () => stores.writer());
    const got: string[] = [];
    const expected: string[] = [];
    let { newer: after } = await stores.logs().latest({ pluginConfig: plugin });

    for (let round = 0; round < 40; round++) {
      const messages = writers.map((_, id) => numbers(3).map((number) => `${round}.${id}.${number}`));
      expected.push(...messages.flat());
      const late: Writer[] = [];
      for (const [id, writer] of writers.entries()) {
        for (const message of messages[id] as string[]) writer.logs.add(plugin, line(message));
        if ((round + id) % 3 === 0) late.push(writer);
        else await writer.flush();
      }
      // Its lines get an earlier sort key than what the others write meanwhile.
      const lagging = late.map((writer) => delayed(writer));
      stores.pass(700);
      const page = await follow({ pluginConfig: plugin, after: after as string, limit: 5 });
      got.push(...page.messages);
      after = page.cursor;
      await Promise.all(lagging.map((arrive) => arrive()));
    }
    got.push(...(await follow({ pluginConfig: plugin, after: after as string })).messages);

    expect(got.toSorted()).toEqual(expected.toSorted());
  }, 20_000);

  it('can be followed from the latest page on, and from a time on', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    await write(writer, plugin, ['1', '2'], ['3'], ['4', '5', '6']);
    const began = stores.now();
    for (const limit of [1, 2, 4, 100]) {
      const page = await stores.logs().latest({ pluginConfig: plugin, limit });
      const before = messagesOf(page.entries);
      expect((await follow({ pluginConfig: plugin, after: page.newer as string })).messages).toEqual([]);
      await write(writer, plugin, [`new ${limit}`]);
      expect((await follow({ pluginConfig: plugin, after: page.newer as string })).messages).toEqual([`new ${limit}`]);
      expect(before.some((message) => message.startsWith('new') && message === `new ${limit}`)).toBe(false);
    }

    const all = await follow({ pluginConfig: plugin, after: 0, limit: 2 });
    expect(all.messages).toEqual(['1', '2', '3', '4', '5', '6', 'new 1', 'new 2', 'new 4', 'new 100']);
    expect((await follow({ pluginConfig: plugin, after: began })).messages).toEqual(all.messages.slice(6));
    stores.pass(3 * 24 * HOUR);
    await write(writer, plugin, ['days later']);
    expect((await follow({ pluginConfig: plugin, after: all.cursor })).messages).toEqual(['days later']);
  });

  it('gives a follower each line once when more comes in than a cursor can name', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    const got: string[] = [];
    let after: string | number = 0;

    for (let round = 0; round < 3; round++) {
      for (const number of numbers(100)) {
        writer.logs.add(plugin, line(`${round}.${number}`));
        await writer.flush();
        stores.pass(1);
      }
      const { messages, cursor } = await follow({ pluginConfig: plugin, after, limit: 30 });
      got.push(...messages);
      after = cursor;
      expect(cursor.length).toBeLessThan(4000);
    }

    expect(got).toEqual(numbers(3).flatMap((round) => numbers(100).map((number) => `${Number(round) - 1}.${number}`)));
  });

  it('is over after seven days, whether or not the table has deleted it', async () => {
    const plugin = stores.newPlugin();
    const writer = stores.writer();
    const began = stores.now();
    await write(writer, plugin, ['old']);
    const page = await stores.logs().latest({ pluginConfig: plugin, limit: 1 });

    stores.pass(7 * 24 * HOUR - 2000);
    expect((await pagesBack({ pluginConfig: plugin })).flat()).toEqual(['old']);
    stores.pass(4000);
    expect((await pagesBack({ pluginConfig: plugin })).flat()).toEqual([]);
    expect((await follow({ pluginConfig: plugin, after: began })).messages).toEqual([]);
    expect(await stores.logs().latest({ pluginConfig: plugin, older: page.older as string })).toMatchObject({
      entries: [],
      older: null,
    });
  });

  it('has each line once when the table was throttled or its answer was lost, and says how many are lost when it refuses', async () => {
    for (const fault of [throttled, losesAnswer]) {
      const plugin = stores.newPlugin();
      const writer = stores.writer({ intercept: atCall(0, fault) });
      writer.logs.add(plugin, line('once'));

      expect(await writer.flush()).toEqual({ lost: 0, waiting: 0, errors: [] });
      expect((await pagesBack({ pluginConfig: plugin })).flat()).toEqual(['once']);
    }

    const [plugin, other] = [stores.newPlugin(), stores.newPlugin()];
    const writer = stores.writer({ intercept: atCall(0, refused) });
    for (const message of ['1', '2']) writer.logs.add(plugin, line(message));
    writer.logs.add(other, line('3'));

    expect(await writer.flush()).toEqual({ lost: 2, waiting: 0, errors: ['Not allowed'] });
    expect(await writer.flush()).toEqual({ lost: 0, waiting: 0, errors: [] });
    expect((await pagesBack({ pluginConfig: plugin })).flat()).toEqual([]);
    expect((await pagesBack({ pluginConfig: other })).flat()).toEqual(['3']);
  });

  it('is one write for each plugin config and batch, compressed when that pays, and none when nobody said anything', async () => {
    const items: StateItem[] = [];
    const intercept = (command: AwsCommand, send: () => Promise<unknown>) => {
      items.push((command.input as { Item: StateItem }).Item);
      return send();
    };
    const writer = stores.writer({ intercept });
    const [quiet, loud] = [stores.newPlugin(), stores.newPlugin()];
    const said = numbers(1000).map((number) => `Event ${number} of user ${number} was enriched by the plugin`);

    writer.logs.add(quiet, line('hello'));
    for (const message of said) writer.logs.add(loud, line(message));
    await writer.flush();
    await writer.flush();

    expect(items).toHaveLength(2);
    const gzip = items[1]?.['gzip'] as Uint8Array;
    expect([items[0]?.['lines'], gzip.byteLength < 12_000]).toEqual([
      JSON.stringify([[stores.now(), 'CONSOLE', 'LOG', 'hello']]),
      true,
    ]);
    expect((await pagesBack({ pluginConfig: loud, limit: 1000 })).flat()).toEqual(said.toReversed());
  });

  it('has the first 240 KB of what a batch says by console, all errors, and a line that says what is missing', async () => {
    const items: StateItem[] = [];
    const writer = stores.writer({
      intercept: (command, send) => {
        items.push((command.input as { Item: StateItem }).Item);
        return send();
      },
    });
    const plugin = stores.newPlugin();
    const noise = () => randomBytes(4500).toString('base64');

    for (const _ of numbers(50)) writer.logs.add(plugin, line(noise()));
    for (const number of numbers(20))
      writer.logs.add(plugin, line(`${number} ${noise()}`, { source: 'PLUGIN', type: 'ERROR' }));
    expect(await writer.flush()).toMatchObject({ lost: 11, errors: [] });

    const { entries } = await stores.logs().latest({ pluginConfig: plugin });
    expect(entries.map(({ source }) => source)).toEqual([
      'SYSTEM',
      ...numbers(20).map(() => 'PLUGIN'),
      ...numbers(39).map(() => 'CONSOLE'),
    ]);
    expect(entries[0]?.message).toBe(
      '11 more lines of this batch are in CloudWatch only: a batch keeps 240 KB of lines here.',
    );
    const { gzip, ...rest } = items[0] as StateItem;
    expect(itemBytes(rest) + (gzip as Uint8Array).byteLength).toBeLessThan(400_000);
  });

  it.each(['', 'nonsense', '1763760600500.x', '9'.repeat(300), Buffer.from('[1]').toString('base64url')])(
    'says what it expects instead of the cursor %j',
    async (cursor) => {
      const message = /^A cursor of a log is expected, as a page before gave it; got ".{0,200}"\. Begin without one$/;

      await expect(stores.logs().latest({ pluginConfig: 1, older: cursor })).rejects.toThrow(message);
      await expect(stores.logs().since({ pluginConfig: 1, after: cursor })).rejects.toThrow(message);
    },
  );
});

/** Has the writer's lines under way: they have a place in the log, and are not there yet. */
function delayed(writer: Writer): () => Promise<unknown> {
  const puts: (() => void)[] = [];
  const flushed = writer.logs.flush({
    put: (item) =>
      new Promise((resolve) => {
        puts.push(() =>
          resolve(
            stores.table.dynamodb.send(new PutCommand({ TableName: stores.table.table, Item: item })).then(() => ({})),
          ),
        );
      }),
  });
  return async () => {
    for (const put of puts) put();
    await flushed;
  };
}
