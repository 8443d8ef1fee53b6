import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { buildPlugin } from '../../../shared/plugins/build.ts';
import { defaultConfig } from '../../../shared/plugins/manifest.ts';
import { readPluginFolder } from '../../../shared/plugins/read-plugin-folder.ts';
import { createCauses } from '../../../shared/sandbox/causes.ts';
import { createLibrarySource } from '../../../shared/sandbox/library-source.ts';
import { createHostState } from '../../../shared/sandbox/meta/host-state.ts';
import { createPluginBuffers } from '../../../shared/sandbox/meta/plugin-buffers.ts';
import { createPendingWork } from '../../../shared/sandbox/pending-work.ts';
import { loadPlugin } from '../../../shared/sandbox/plugin.ts';
import { callsTo, createMemoryServices } from '../../support/host-services.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples/plugins');

type Event = Record<string, unknown>;

/** Builds an example and evaluates it as the plugin host does, with the defaults of its config and an empty cache. */
async function install(folder: string, changes: Event = {}) {
  const { manifest, code } = await buildPlugin(await readPluginFolder(join(EXAMPLES, folder)));
  const work = createPendingWork();
  const causes = createCauses();
  const state = createHostState(callsTo(createMemoryServices()), work);
  const config = { ...defaultConfig(manifest), ...changes };
  const plugin = loadPlugin(
    { id: 1, teamId: 1, name: manifest.name, code, config },
    {
      state,
      work,
      causes,
      buffers: createPluginBuffers({
        work,
        causes,
        onError() {},
        timeoutError: () => new Error('late'),
        limitMilliseconds: 1000,
      }),
      readLibrary: createLibrarySource('/nowhere'),
      log() {},
      metric() {},
      onRefused() {},
      hookTimeoutMilliseconds: 1000,
      now: Date.now,
      createUuid: randomUUID,
    },
  );
  return {
    setUp: async () => plugin.hooks.find('setupPlugin')?.(plugin.meta),
    process: async (given: Event) => {
      const processEvent = plugin.hooks.find('processEvent');
      return (processEvent ? processEvent(given, plugin.meta) : given) as Promise<Event | null>;
    },
  };
}

function event(changes: Event = {}): Event {
  return { event: '$pageview', distinct_id: 'user-1', team_id: 1, uuid: 'u', properties: { a: 1 }, ...changes };
}

test('every example has a README and goes through an event that has no properties', async () => {
  const folders = await readdir(EXAMPLES);
  expect(folders).toHaveLength(6);

  for (const folder of folders) {
    const { setUp, process } = await install(folder);
    const { properties: _, ...bare } = event();
    await setUp();

    expect([...(await readPluginFolder(join(EXAMPLES, folder))).keys()]).toContain('README.md');
    expect(await process({ ...bare })).toMatchObject(bare);
  }
});

test('hello-world greets, and numbers the greetings although it does not await the cache', async () => {
  const { process } = await install('hello-world', { greeting: 'Moin' });

  const first = await process(event());
  await sleep(1);
  await process({ event: 'bare', distinct_id: 'x' });
  const third = await process(event());

  expect(first?.['properties']).toEqual({ a: 1, greeting: 'Moin', greeting_number: 1 });
  expect(third?.['properties']).toEqual({ a: 1, greeting: 'Moin', greeting_number: 3 });
});

test('property-adder adds what its config lists, and leaves alone what the event has', async () => {
  const { setUp, process } = await install('property-adder', { properties: 'a=2, url = https://x.io/?q=1 ,' });
  await setUp();

  expect((await process(event()))?.['properties']).toEqual({ a: 1, url: 'https://x.io/?q=1' });
});

test('property-adder overwrites when it is told to', async () => {
  const { setUp, process } = await install('property-adder', { properties: 'a=2', overwrite: 'yes' });
  await setUp();

  expect((await process(event()))?.['properties']).toEqual({ a: '2' });
});

test('property-adder does not start with a list it cannot read', async () => {
  const { setUp } = await install('property-adder', { properties: 'a=1, oops' });

  await expect(setUp()).rejects.toThrow('"Properties" must be a list like name=value, other=value; got "oops"');
});

test.each([
  ['an internal e-mail in the properties', { properties: { email: 'Ada@Example.com' } }],
  ['an internal e-mail in $set', { $set: { email: 'ada@example.com' } }],
  ['an internal e-mail in the $set of the properties', { properties: { $set: { email: 'ada@example.com' } } }],
  ['an internal e-mail as distinct id', { distinct_id: 'ada@example.com', properties: undefined }],
  ['an unwanted name', { event: 'health check' }],
])('internal-traffic-dropper drops an event with %s', async (_, changes) => {
  const { setUp, process } = await install('internal-traffic-dropper');
  await setUp();

  expect(await process(event(changes))).toBeNull();
});

test.each([
  ['an e-mail of others', { properties: { email: 'ada@other.example.com.au' } }],
  ['a domain that only ends the same', { properties: { email: 'ada@notexample.com' } }],
  ['an email that is no text', { properties: { email: 5 }, $set: null }],
  ['properties null', { properties: null }],
])('internal-traffic-dropper lets an event with %s pass', async (_, changes) => {
  const { setUp, process } = await install('internal-traffic-dropper');
  await setUp();

  expect(await process(event(changes))).toEqual(event(changes));
});
