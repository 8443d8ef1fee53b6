import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { GeoipPort } from '../../shared/host/services.ts';
import { UsageError } from '../usage-error.ts';

/** Opens a MaxMind City database. @throws UsageError when it is none. */
export async function openGeoip(path: string): Promise<GeoipPort> {
  // A scenario without a database need not pay for its reader.
  const { Reader } = await import('maxmind');
  try {
    const reader = new Reader(await readFile(path));
    return { lookup: async (ip) => (isIP(ip) === 0 ? null : reader.get(ip)) };
  } catch (error) {
    throw new UsageError(
      `The scenario cannot be used:\n- geoip: ${path} is no MaxMind database: ${(error as Error).message}`,
    );
  }
}
