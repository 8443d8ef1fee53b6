import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AwsClients, createAwsClients } from '../../shared/aws/clients.ts';
import { createCacheStore } from '../../shared/state/cache-store.ts';
import { installProject, marking } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

let flow: FlowStack;
let aws: AwsClients;
beforeAll(async () => {
  flow = await startFlowStack();
  aws = createAwsClients(flow.place);
});
afterAll(async () => {
  aws.destroy();
  await flow[Symbol.asyncDispose]();
});

it('a plugin has the files of its config, and the GeoIP database, as they lie in the bucket', async () => {
  const database = await readFile(join(import.meta.dirname, '../fixtures/GeoIP2-City-Test.mmdb'));
  const Bucket = flow.outputs['AssetsBucketName'];
  await aws.s3.send(new PutObjectCommand({ Bucket, Key: 'geoip/City.mmdb', Body: database }));
  const file = { contentType: 'text/plain', fileName: 'greeting.txt' };
  const greeting = await flow.registry.putAttachment(file, Buffer.from('Hej'));
  const project = await installProject(flow, [
    {
      name: 'located',
      code: `exports.processEvent = async (event, { geoip, attachments }) => {
        const { city } = await geoip.locate('89.160.20.129');
        event.properties.greeting = attachments.greeting.contents.toString() + ', ' + city.names.en;
        return event;
      };`,
    },
  ]);
  await project.change(project.pluginConfigs[0] as number, { attachments: { greeting } });

  const { events } = await flow.run([JSON.stringify(project.event())]);

  expect(events[0]?.properties).toMatchObject({ greeting: 'Hej, Linköping' });
});

it('a plugin counts, keeps lists, and stores what takes more bytes than the table can hold', async () => {
  const project = await installProject(flow, [
    {
      name: 'keeping',
      code: `exports.processEvent = async (event, { cache, storage }) => {
        await cache.lpush('names', [event.event]);
        const before = await storage.get('large', '');
        await storage.set('large', 'é'.repeat(300000));
        event.properties.kept = [await cache.incr('count'), await cache.llen('names'), before.length];
        return event;
      };`,
    },
  ]);

  const run = async () => (await flow.run([JSON.stringify(project.event())])).events[0]?.properties?.['kept'];

  expect(await run()).toEqual([1, 1, 0]);
  expect(await run()).toEqual([2, 2, 300_000]);
});

/** The last test: the function is gone afterwards. */
it('when the stack is stopped, plugins are torn down: what they say is in the log, what they set is stored', async () => {
  const project = await installProject(flow, [
    {
      name: 'careful',
      code: `exports.teardownPlugin = async ({ cache }) => { console.log('goodbye'); await cache.set('ended', 'well'); };
        exports.processEvent = (event) => event;`,
    },
    { name: 'failing', code: `exports.teardownPlugin = () => { throw new TypeError('not now'); };` },
    marking('plain'),
  ]);
  const [careful = 0, failing = 0, plain = 0] = project.pluginConfigs;
  await flow.run([JSON.stringify(project.event())]);
  const before = flow.logLines.length;

  await flow.processEvents.stop();

  const lines = flow.logLines
    .slice(before)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .map(({ pluginConfig, source, message }) => [
      pluginConfig,
      source,
      String(message).replace(/ID [-0-9a-f]{36}/, 'ID …'),
    ]);
  expect(lines).toContainEqual([careful, 'CONSOLE', 'goodbye']);
  const ours = lines.filter(([plugin]) => project.pluginConfigs.includes(plugin as number));
  // Errors go another way than the rest, and may arrive before it.
  expect(ours.filter(([, source]) => source === 'SYSTEM').sort(([a], [b]) => Number(a) - Number(b))).toEqual([
    [careful, 'SYSTEM', 'Plugin unloaded (instance ID …).'],
    [failing, 'SYSTEM', 'Plugin failed to unload (instance ID …).'],
    [plain, 'SYSTEM', 'Plugin unloaded (instance ID …).'],
  ]);
  expect((await project.read(failing))?.error).toMatchObject({ hook: 'teardownPlugin', message: 'not now' });
  const cache = createCacheStore({
    dynamodb: aws.dynamodb,
    table: flow.outputs['StateTableName'] as string,
    now: Date.now,
    sleep: async () => {},
  });
  expect(await cache.readMany([{ plugin: careful, key: 'ended' }])).toEqual(['"well"']);
});
