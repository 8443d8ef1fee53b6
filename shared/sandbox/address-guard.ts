/**
 * Says whether an IP address is one a plugin must not reach: this host, this network, cloud metadata, and whatever maps onto them.
 * Ranges: IANA special-purpose address registries (IPv4: RFC 6890 and updates, IPv6: RFC 6890, RFC 4291, RFC 6052).
 *
 * It runs next to code that may have changed any built-in, so it uses none: operators, and reads of what strings, arrays
 * and objects without a prototype have of their own. No method, no iteration, no regular expression, no destructured list.
 */
export function isForbiddenAddress(address: string): boolean {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  const version = read(address, groups);
  // What is no IP address cannot be judged, so it is refused.
  if (version === 0) return true;
  return version === 4 ? isForbiddenIpv4(groups[0], groups[1]) : isForbiddenIpv6(groups);
}

type Groups = (number | undefined)[];

/** Both halves of the address: 16 bits each. */
function isForbiddenIpv4(high = 0, low = 0): boolean {
  const first = high >> 8;
  const second = high & 255;
  return (
    first === 0 || // this network, unspecified
    first === 10 || // private
    (first === 100 && (second & 0xc0) === 64) || // carrier-grade NAT, also AWS-internal services
    first === 127 || // loopback: the Lambda Runtime API
    (first === 169 && second === 254) || // link-local: instance metadata, credentials endpoints
    (first === 172 && (second & 0xf0) === 16) || // private
    (first === 192 && second === 0 && low >> 8 === 0) || // IETF protocol assignments
    (first === 192 && second === 168) || // private
    (first === 198 && (second & 0xfe) === 18) || // benchmarking
    first >= 224 // multicast, reserved, broadcast
  );
}

function isForbiddenIpv6(groups: Groups): boolean {
  const first = groups[0] as number;
  if ((first & 0xfe00) === 0xfc00) return true; // unique local, also fd00:ec2::254
  if ((first & 0xff80) === 0xfe80) return true; // link-local, and site-local, deprecated
  if ((first & 0xff00) === 0xff00) return true; // multicast
  if (first === 0x64 && groups[1] === 0xff9b) {
    // Local-use NAT64, and the well-known prefix with an IPv4 address behind it.
    return groups[2] === 1 || isForbiddenIpv4(groups[6], groups[7]);
  }
  // IETF protocol assignments, among them Teredo, which carries IPv4 addresses.
  if (first === 0x2001 && ((groups[1] as number) & 0xfe00) === 0) return true;
  if (first === 0x2002) return isForbiddenIpv4(groups[1], groups[2]); // 6to4
  // Unspecified, loopback, and IPv4 addresses: compatible, mapped, translated (RFC 2765).
  for (let index = 0; index < 4; index++) if (groups[index] !== 0) return false;
  const fifth = groups[4];
  const sixth = groups[5];
  if (fifth === 0 && (sixth === 0 || sixth === 0xffff)) return isForbiddenIpv4(groups[6], groups[7]);
  if (fifth === 0xffff && sixth === 0) return isForbiddenIpv4(groups[6], groups[7]);
  return false;
}

/** Reads an address into its groups of 16 bits, two of them for IPv4. Gives the version, 0 for what is no address. */
function read(address: string, groups: Groups): 0 | 4 | 6 {
  let end = 0;
  let isIpv6 = false;
  for (; end < address.length && address[end] !== '%'; end++) if (address[end] === ':') isIpv6 = true;
  if (isIpv6) return readIpv6(address, end, groups) ? 6 : 0;
  // A zone (`%eth0`) belongs to IPv6.
  return end === address.length && readIpv4(address, 0, end, groups, 0) ? 4 : 0;
}

function readIpv4(text: string, start: number, end: number, groups: Groups, at: number): boolean {
  let bytes = 0;
  let position = start;
  while (bytes < 4) {
    let value = 0;
    let digits = 0;
    for (; position < end && text[position] !== '.'; position++, digits++) {
      const digit = DIGITS[text[position] as string];
      if (digit === undefined || digit > 9) return false;
      // `010` is eight to some and ten to others.
      if (digits > 0 && value === 0) return false;
      value = value * 10 + digit;
      if (value > 255) return false;
    }
    if (digits === 0) return false;
    const group = at + (bytes >> 1);
    groups[group] = (bytes & 1) === 0 ? value << 8 : (groups[group] as number) | value;
    bytes++;
    if (bytes < 4) {
      if (position >= end) return false;
      position++;
    }
  }
  return position === end;
}

function readIpv6(text: string, end: number, groups: Groups): boolean {
  let count = 0;
  /** How many groups stand before `::`. */
  let gap = -1;
  let position = 0;
  while (position < end) {
    if (text[position] === ':' && text[position + 1] === ':' && position + 1 < end) {
      if (gap >= 0) return false;
      gap = count;
      position += 2;
      continue;
    }
    if (position > 0 && text[position - 1] !== ':') {
      if (text[position] !== ':') return false;
      position++;
    }
    if (count === 8) return false;
    const start = position;
    let value = 0;
    for (; position < end && text[position] !== ':' && text[position] !== '.'; position++) {
      const digit = DIGITS[text[position] as string];
      if (digit === undefined || position - start === 4) return false;
      value = value * 16 + digit;
    }
    if (position === start) return false;
    if (position < end && text[position] === '.') {
      if (count > 6 || !readIpv4(text, start, end, groups, count)) return false;
      count += 2;
      position = end;
    } else {
      groups[count++] = value;
    }
  }
  if (gap < 0) return count === 8;
  if (count === 8) return false;
  for (let moved = 0; moved < count - gap; moved++) {
    const from = count - 1 - moved;
    groups[7 - moved] = groups[from];
    groups[from] = 0;
  }
  return true;
}

const DIGITS: Record<string, number | undefined> = Object.create(null) as Record<string, number | undefined>;
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGITS[digit] = value;
  DIGITS[digit.toUpperCase()] = value;
}
Object.freeze(DIGITS);
