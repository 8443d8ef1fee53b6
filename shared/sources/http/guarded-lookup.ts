import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isForbiddenAddress } from '../../sandbox/address-guard.ts';
import { SourceError } from '../source-error.ts';

/**
 * Refuses URLs that lead to where nobody outside should be able to send this process: anything but HTTPS, and addresses that are not
 * public. Names are judged when they are looked up for the connection itself, see `guardedLookup`.
 *
 * @param allowed hosts, with their port if they have one (`127.0.0.1:4873`), for which both are allowed.
 * @throws SourceError `refused_address`
 */
export function refuseUrl(url: URL, allowed: readonly string[]): void {
  if (allowed.includes(url.host)) return;
  if (url.protocol !== 'https:')
    throw refused(url.host, `it is spoken to over ${url.protocol.slice(0, -1)}; allowed is https`);
  const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && isForbiddenAddress(address)) throw notPublic(url.host, address);
}

/** Looks a name up for a connection, and fails when any of its addresses is not public. */
export const guardedLookup: LookupFunction = (name, options, done) => {
  systemLookup(name, { ...options, all: true }, (error, addresses) => {
    const forbidden = addresses?.find(({ address }) => isForbiddenAddress(address));
    if (error !== null) done(error, []);
    else if (forbidden !== undefined) done(notPublic(name, forbidden.address), []);
    else if (options.all === true) done(null, addresses);
    else done(null, addresses[0]?.address ?? '', addresses[0]?.family);
  });
};

function notPublic(host: string, address: string): SourceError {
  return refused(
    host,
    `${address} is an address of this host, a private network or cloud metadata; allowed are public ones`,
  );
}

function refused(host: string, problem: string): SourceError {
  return new SourceError('refused_address', `Hoglet does not fetch from ${host}: ${problem}.`);
}
