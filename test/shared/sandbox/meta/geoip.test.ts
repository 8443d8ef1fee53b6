import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

/** As a City database has it. */
const RECORD = {
  city: { geoname_id: 2643743, names: { en: 'London', 'zh-CN': '伦敦' } },
  continent: { code: 'EU', geoname_id: 6255148 },
  country: { iso_code: 'GB', is_in_european_union: false },
  registered_country: { iso_code: 'GB' },
  location: { accuracy_radius: 10, latitude: 51.5, longitude: -0.1, time_zone: 'Europe/London' },
  subdivisions: [{ iso_code: 'ENG', names: { en: 'England' } }],
};

test('geoip.locate gives MaxMind’s City, with its names in camel case', async () => {
  host.memory.places.set('89.160.20.112', RECORD);

  const { result } = await run(`return geoip.locate('89.160.20.112')`);

  expect(result).toMatchObject({
    city: { geonameId: 2643743, names: { en: 'London', 'zh-CN': '伦敦' } },
    continent: { code: 'EU' },
    country: { isoCode: 'GB', isInEuropeanUnion: false },
    registeredCountry: { isoCode: 'GB', isInEuropeanUnion: false },
    location: { accuracyRadius: 10, latitude: 51.5, longitude: -0.1, timeZone: 'Europe/London' },
    postal: {},
    subdivisions: [{ isoCode: 'ENG', names: { en: 'England' } }],
    traits: { isAnonymousProxy: false },
  });
});

test('geoip.locate gives null for an address that is unknown, or none', async () => {
  const { result } = await run(
    `return Promise.all([geoip.locate('203.0.113.1'), geoip.locate('no address'), geoip.locate(null), geoip.locate()])`,
  );

  expect(result).toEqual([null, null, null, null]);
});

test('geoip.locate asks once per address and batch', async () => {
  const from = host.memory.calls.length;

  await run(`await geoip.locate('198.51.100.1')`, { events: 20 });

  expect(host.memory.calls.slice(from)).toEqual([{ service: 'geoip.locate', count: 1 }]);
});

test('geoip.locate without a database throws the documented error', async () => {
  const without = createPluginCalls({}, ({ cache, warn }) => ({ cache, warn }));

  const { result } = await without.run(`return geoip.locate('198.51.100.1')`);

  await without.host.stop();
  expect(result).toBe('Error: IP location capabilities are not available in this PostHog instance!');
});
