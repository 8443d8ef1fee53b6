import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openGeoip } from '../../../cli/test/geoip-file.ts';
import { bench, pluginFolder } from '../../support/bench.ts';

const DATABASE = join(import.meta.dirname, '../../fixtures/GeoIP2-City-Test.mmdb');

const LOCATES = `export const runEveryDay = async ({ geoip }) => Promise.all(['89.160.20.129', '198.51.100.1', 'none'].map(geoip.locate));`;

describe('the geoip database of a scenario', () => {
  it('locates addresses; those that are not in it are null', async () => {
    const { steps } = await bench(LOCATES, { geoip: DATABASE, steps: [{ call: 'runEveryDay' }] });

    expect(steps[0]?.output).toMatchObject([
      { city: { names: { en: 'Linköping' } }, country: { isoCode: 'SE' } },
      null,
      null,
    ]);
  });

  it('must be one', async () => {
    await using folder = await pluginFolder({});

    await expect(openGeoip(join(folder.path, 'plugin.json'))).rejects.toThrow('is no MaxMind database');
  });
});
