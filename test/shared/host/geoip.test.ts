import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readObjectIfChanged } from '../../../shared/aws/read-object.ts';
import { cityOf } from '../../../shared/host/city.ts';
import { createGeoip } from '../../../shared/host/geoip.ts';
import { createPluginCalls } from '../../support/plugin-calls.ts';
import { startTestBucket, type TestBucket } from '../../support/s3.ts';

const KEY = 'geoip/City.mmdb';
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const UNAVAILABLE = 'IP location capabilities are not available in this PostHog instance!';

let bucket: TestBucket;
let database: Buffer;
beforeAll(async () => {
  bucket = await startTestBucket();
  database = await readFile(join(import.meta.dirname, '../../fixtures/GeoIP2-City-Test.mmdb'));
});
afterAll(() => bucket[Symbol.asyncDispose]());

const put = (Body: Buffer) => bucket.s3.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: KEY, Body }));
const remove = () => bucket.s3.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: KEY }));

/** A look-up in the database of the bucket, as an environment has it. */
function environment() {
  const world = { now: 0, reads: [] as string[], warnings: [] as string[] };
  const geoip = createGeoip({
    async readDatabase(tag) {
      const file = await readObjectIfChanged(bucket.s3, bucket.bucket, KEY, tag);
      world.reads.push(file === null ? 'nothing' : file === 'unchanged' ? file : 'database');
      return file;
    },
    now: () => world.now,
    warn: (message) => void world.warnings.push(message),
  });
  const cityNameOf = async (ip: string) => {
    const record = await geoip.lookup(ip);
    return record && (cityOf(record)['city'] as { names?: { en?: string } }).names?.en;
  };
  return { world, geoip, cityNameOf };
}

describe('a GeoIP database in the bucket', () => {
  test('says where an address is, of either kind, and nothing of one that is unknown or none', async () => {
    await put(database);
    const { geoip } = environment();

    const records = await Promise.all(
      ['89.160.20.129', '::ffff:89.160.20.129', '2001:218::', '127.0.0.1', '::1', 'no address', '', '1.2.3'].map((ip) =>
        geoip.lookup(ip),
      ),
    );

    expect(cityOf(records[0] as object)).toMatchObject({
      city: { names: { en: 'Linköping' } },
      country: { isoCode: 'SE', isInEuropeanUnion: true },
      subdivisions: [{ isoCode: 'E' }],
      location: { latitude: 58.4167, longitude: 15.6167, timeZone: 'Europe/Stockholm' },
    });
    expect(records[1]).toEqual(records[0]);
    expect(records[2]).toMatchObject({ country: { iso_code: 'JP' } });
    expect(records.slice(3)).toEqual([null, null, null, null, null]);
  });

  test('is read once, by whoever asks first', async () => {
    await put(database);
    const { world, cityNameOf } = environment();
    expect(world.reads).toEqual([]);

    await Promise.all([1, 2, 3].map(() => cityNameOf('89.160.20.129')));
    world.now += HOUR - 1;
    await cityNameOf('89.160.20.129');

    expect(world.reads).toEqual(['database']);
  });

  test('is read anew when it has changed, which is looked for once an hour', async () => {
    await put(database);
    const { world, cityNameOf } = environment();
    await cityNameOf('89.160.20.129');
    world.now += HOUR;
    await cityNameOf('89.160.20.129');

    // Of the same length, so that all else stays where it is.
    await put(Buffer.from(database.toString('latin1').replaceAll('Link', 'Lynk'), 'latin1'));
    world.now += HOUR;
    const changed = await cityNameOf('89.160.20.129');

    expect(world.reads).toEqual(['database', 'unchanged', 'database']);
    expect(changed).toBe('Lynköping');
  });

  test('that is not there is the documented error, and is found when somebody puts it there', async () => {
    await remove();
    const { world, cityNameOf } = environment();

    await expect(cityNameOf('89.160.20.129')).rejects.toThrow(UNAVAILABLE);
    await put(database);
    await expect(cityNameOf('89.160.20.129')).rejects.toThrow(UNAVAILABLE);
    world.now += 60 * SECOND;

    expect(await cityNameOf('89.160.20.129')).toBe('Linköping');
    expect(world.reads).toEqual(['nothing', 'database']);
    expect(world.warnings).toEqual([]);
  });

  test('that is none is told in the log; one that was read before goes on', async () => {
    await put(database);
    const { world, cityNameOf } = environment();
    await cityNameOf('89.160.20.129');
    await put(Buffer.from('no database'));
    world.now += HOUR;

    expect(await cityNameOf('89.160.20.129')).toBe('Linköping');
    await expect(environment().cityNameOf('89.160.20.129')).rejects.toThrow(UNAVAILABLE);
    expect(world.warnings).toEqual([expect.stringContaining('The GeoIP database could not be read: ')]);
  });
});

test('a plugin finds addresses in the database, and gets the documented error without one', async () => {
  await put(database);
  const { geoip } = environment();
  const calls = createPluginCalls({}, (memory) => ({ ...memory, geoip }));
  const body = `return (await geoip.locate('89.160.20.129')).city.names.en`;

  const found = await calls.run(body);
  await calls.host.stop();
  await remove();
  const without = createPluginCalls({}, (memory) => ({ ...memory, geoip: environment().geoip }));
  const missing = await without.run(body);
  await without.host.stop();

  expect(found.result).toBe('Linköping');
  expect(missing.result).toBe(`Error: ${UNAVAILABLE}`);
});
