import { BlockList, isIP } from 'node:net';

/**
 * Says whether an IP address is one a plugin must not reach: this host, this network, cloud metadata, and whatever maps onto them.
 * Ranges: IANA special-purpose address registries (IPv4: RFC 6890 and updates, IPv6: RFC 6890, RFC 4291, RFC 6052).
 */
export function isForbiddenAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const version = isIP(bare);
  // What is no IP address cannot be judged, so it is refused.
  if (version === 0) return true;
  if (version === 4) return forbidden.check(bare, 'ipv4');
  return forbidden.check(bare, 'ipv6') || embeddedIpv4(bare).some((inner) => forbidden.check(inner, 'ipv4'));
}

const forbidden = new BlockList();
const RANGES: [address: string, prefixBits: number, family: 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'], // this network, unspecified
  ['10.0.0.0', 8, 'ipv4'], // private
  ['100.64.0.0', 10, 'ipv4'], // carrier-grade NAT, also AWS-internal services
  ['127.0.0.0', 8, 'ipv4'], // loopback: the Lambda Runtime API
  ['169.254.0.0', 16, 'ipv4'], // link-local: instance metadata, credentials endpoints
  ['172.16.0.0', 12, 'ipv4'], // private
  ['192.0.0.0', 24, 'ipv4'], // IETF protocol assignments
  ['192.168.0.0', 16, 'ipv4'], // private
  ['198.18.0.0', 15, 'ipv4'], // benchmarking
  ['224.0.0.0', 4, 'ipv4'], // multicast
  ['240.0.0.0', 4, 'ipv4'], // reserved, broadcast
  ['::', 128, 'ipv6'], // unspecified
  ['::1', 128, 'ipv6'], // loopback
  ['64:ff9b:1::', 48, 'ipv6'], // local-use NAT64
  ['fc00::', 7, 'ipv6'], // unique local, also fd00:ec2::254
  ['fe80::', 10, 'ipv6'], // link-local
  ['fec0::', 10, 'ipv6'], // site-local, deprecated
  ['ff00::', 8, 'ipv6'], // multicast
];
for (const [address, prefixBits, family] of RANGES) forbidden.addSubnet(address, prefixBits, family);

/** IPv4 addresses that an IPv6 address leads to: mapped, compatible, NAT64 (64:ff9b::/96) and 6to4 (2002::/16). */
function embeddedIpv4(address: string): string[] {
  const groups = expand(address);
  const last = ipv4Of(groups[6] as number, groups[7] as number);
  const zeros = (count: number) => groups.slice(0, count).every((group) => group === 0);
  if (zeros(6) || (zeros(5) && groups[5] === 0xffff)) return [last];
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return [last];
  if (groups[0] === 0x2002) return [ipv4Of(groups[1] as number, groups[2] as number)];
  return [];
}

function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of an IPv6 address, any notation. */
function expand(address: string): number[] {
  // The URL parser writes every IPv6 address in one canonical form, dotted quads included.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const numbers = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const left = numbers(head);
  if (tail === undefined) return left;
  const right = numbers(tail);
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}
