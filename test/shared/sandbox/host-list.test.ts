import { expect, test } from 'vitest';
import { readHostList } from '../../../shared/sandbox/host-list.ts';

test.each([
  ['a name', 'api.example.com', ['api.example.com:443', 'API.Example.Com:80', 'api.example.com.:443']],
  ['a name in capitals', 'API.Example.com', ['api.example.com:443']],
  ['a name with a port', 'api.example.com:8443', ['api.example.com:8443']],
  ['all names below one', '*.example.com', ['a.example.com:443', 'a.b.example.com:1']],
  ['all names below one, with a port', '*.example.com:443', ['a.example.com:443']],
  ['an address', '203.0.113.7', ['203.0.113.7:443']],
  ['an address of IPv6', '[2001:DB8::1]', ['2001:db8::1|443', '[2001:db8::1]:443']],
  ['an address of IPv6 with a port', '[2001:db8::1]:443', ['2001:db8::1|443']],
  ['a name of another script', 'bücher.example', ['xn--bcher-kva.example:443']],
])('a list allows %s', (_, entry, targets) => {
  const list = readHostList([entry, 'other.example']);

  expect(targets.filter((target) => !allows(list, target))).toEqual([]);
});

test.each([
  ['another name', 'api.example.com', 'example.com:443'],
  ['a name that ends like it', 'example.com', 'notexample.com:443'],
  ['a name below it', 'example.com', 'a.example.com:443'],
  ['the name above', '*.example.com', 'example.com:443'],
  ['a name that only contains it', '*.example.com', 'a.example.com.evil.org:443'],
  ['another port', 'example.com:443', 'example.com:80'],
  ['its address', 'localhost', '127.0.0.1:80'],
])('a list does not allow %s', (_, entry, target) => {
  expect(allows(readHostList([entry]), target)).toBe(false);
});

test('an empty list allows nothing', () => {
  expect(allows(readHostList([]), 'example.com:443')).toBe(false);
});

test.each([
  'https://example.com',
  'example.com/path',
  '*',
  '*.',
  'a.*.com',
  'user@example.com',
  'example.com:0',
  'example.com:65536',
  'example.com:x',
  '',
  ' ',
  '2001:db8::1',
  'a b',
])('a list that has %j says so instead of meaning something else', (entry) => {
  expect(() => readHostList(['example.com', entry])).toThrow(
    `allowedHosts has ${JSON.stringify(entry)}; allowed are names`,
  );
});

/** `target` is `host:port`, or `host|port`. */
function allows(list: ReturnType<typeof readHostList>, target: string): boolean {
  const [, host = '', port = ''] = /^(.*)[:|](\d+)$/.exec(target) ?? [];
  return list.allows(host, Number(port));
}
