import { createHash, timingSafeEqual } from 'node:crypto';
import { SourceError } from '../source-error.ts';

/** Strongest first. */
const ALGORITHMS = ['sha512', 'sha384', 'sha256', 'sha1'];

/**
 * Compares what arrived with what npm announced: `sha512-<base64>`, maybe several, of which the strongest counts.
 *
 * @throws SourceError `damaged`; also when nothing is announced that can be compared.
 */
export function verifyIntegrity(body: Buffer, integrity: string, what: string): void {
  const announced = integrity.trim().split(/\s+/);
  for (const algorithm of ALGORITHMS) {
    const hashes = announced.filter((entry) => entry.startsWith(`${algorithm}-`));
    if (hashes.length === 0) continue;
    const actual = createHash(algorithm).update(body).digest();
    const isSame = hashes.some((entry) => {
      const expected = Buffer.from(entry.slice(algorithm.length + 1).split('?')[0] ?? '', 'base64');
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    });
    if (isSame) return;
    throw new SourceError(
      'damaged',
      `What arrived as ${what} is not what the registry announced: its ${algorithm} is ${actual.toString('base64')}, and must be ${hashes.map((entry) => entry.slice(algorithm.length + 1)).join(' or ')}.`,
    );
  }
  throw new SourceError('damaged', `The registry announced no hash of ${what} that can be compared.`);
}
