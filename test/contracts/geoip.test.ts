import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGeoip } from '../../cli/test/geoip-file.ts';
import { readObjectIfChanged } from '../../shared/aws/read-object.ts';
import { createGeoip } from '../../shared/host/geoip.ts';
import type { GeoipPort } from '../../shared/host/services.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

const DATABASE = join(import.meta.dirname, '../fixtures/GeoIP2-City-Test.mmdb');

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
  const Body = await readFile(DATABASE);
  await bucket.s3.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: 'City.mmdb', Body }));
});
afterAll(() => bucket[Symbol.asyncDispose]());

const IMPLEMENTATIONS: { name: string; open(): Promise<GeoipPort> }[] = [
  {
    name: 'from the bucket',
    open: async () =>
      createGeoip({
        readDatabase: (tag) => readObjectIfChanged(bucket.s3, bucket.bucket, 'City.mmdb', tag),
        now: () => 0,
        warn: (message) => expect.fail(message),
      }),
  },
  { name: 'from the file of a scenario', open: () => openGeoip(DATABASE) },
];

describe.each(IMPLEMENTATIONS)('places $name', ({ open }) => {
  test('are MaxMind’s records, of addresses of either kind', async () => {
    const geoip = await open();

    const [four, six] = await Promise.all(['89.160.20.129', '2001:218::'].map((ip) => geoip.lookup(ip)));

    expect(four).toMatchObject({
      city: { geoname_id: 2694762, names: { en: 'Linköping', 'zh-CN': '林雪平' } },
      country: { iso_code: 'SE', is_in_european_union: true },
      location: { latitude: 58.4167, longitude: 15.6167 },
    });
    expect(six).toMatchObject({ country: { iso_code: 'JP' } });
  });

  test.each(['127.0.0.1', '::1', 'no address', '', '1.2.3', '89.160.20.129 '])('are not known of %j', async (ip) => {
    const geoip = await open();

    expect(await geoip.lookup(ip)).toBeNull();
  });
});

test('every address of some networks has the same record in both', async () => {
  const [fromBucket, fromFile] = await Promise.all(IMPLEMENTATIONS.map(({ open }) => open()));
  const addresses = ['2.125.160', '81.2.69', '89.160.20', '175.16.199', '216.160.83'].flatMap((network) =>
    Array.from({ length: 256 }, (_, host) => `${network}.${host}`),
  );

  const [one, other] = await Promise.all(
    [fromBucket, fromFile].map((geoip) => Promise.all(addresses.map((ip) => (geoip as GeoipPort).lookup(ip)))),
  );

  expect(one).toEqual(other);
  expect(one?.filter((record) => record !== null).length).toBeGreaterThan(100);
});
