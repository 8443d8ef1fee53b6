import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openGeoip } from '../../../cli/test/geoip-file.ts';
import { bench, pluginFolder } from '../../support/bench.ts';

const LOCATES = `export const runEveryDay = async ({ geoip }) => Promise.all(['89.160.20.129', '198.51.100.1', 'none'].map(geoip.locate));`;

describe('the geoip database of a scenario', () => {
  it('locates addresses; those that are not in it are null', async () => {
    await using database = await pluginFolder({});
    const path = join(database.path, 'city.mmdb');
    await writeFile(path, databaseOf({ city: { geoname_id: 7, names: { en: 'Linköping' } } }));

    const { steps } = await bench(LOCATES, { geoip: path, steps: [{ call: 'runEveryDay' }] });

    expect(steps[0]?.output).toMatchObject([{ city: { geonameId: 7, names: { en: 'Linköping' } } }, null, null]);
  });

  it('must be one', async () => {
    await using folder = await pluginFolder({});

    await expect(openGeoip(join(folder.path, 'plugin.json'))).rejects.toThrow('is no MaxMind database');
  });
});

/** A MaxMind database of one node: addresses below 128.0.0.0 have this record, the others none. */
function databaseOf(record: object): Buffer {
  const nodeCount = 1;
  const node = Buffer.alloc(6);
  // What is larger than the number of nodes points into the data, 16 zero bytes behind the tree.
  node.writeUIntBE(nodeCount + 16, 0, 3);
  node.writeUIntBE(nodeCount, 3, 3);
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 0,
    database_type: 'Test-City',
    description: {},
    ip_version: 4,
    languages: {},
    node_count: nodeCount,
    record_size: 24,
  };
  const marker = Buffer.from('\u00ab\u00cd\u00efMaxMind.com', 'latin1');
  return Buffer.concat([node, Buffer.alloc(16), encode(record), marker, encode(metadata)]);
}

/** Maps, texts of up to 28 bytes and small numbers, as the format has them. */
function encode(value: unknown): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([Buffer.from([(2 << 5) | Buffer.byteLength(value)]), Buffer.from(value)]);
  if (typeof value === 'number') return Buffer.from([(6 << 5) | 1, value]);
  const entries = Object.entries(value as object);
  return Buffer.concat([Buffer.from([(7 << 5) | entries.length]), ...entries.flat().map(encode)]);
}
