import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTar } from '../../support/source-servers/make-tar.ts';
import { makeZip, type ZipEntry } from '../../support/source-servers/make-zip.ts';
import { type SourceServer, startSourceServer } from '../../support/source-servers/source-server.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

const PLUGINS = '/api/organizations/@current/plugins/';
const MIB = 1024 * 1024;
const TOKEN = 'planted-token-4be7';

let admin: AdminUnderTest;
let server: SourceServer;
let served: Buffer;
/** A plugin that is there already, to be upgraded. */
let plugin: number;

beforeAll(async () => {
  admin = await startAdmin();
  server = await startSourceServer(() => ({ body: served }));
  admin.allowedHosts.push(server.host);
  plugin = await admin.installPlugin({ name: 'Harmless' });
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await server.close();
});

const MANIFEST = { path: 'plugin.json', content: '{"name":"Hostile"}' };
const CODE = { path: 'index.js', content: 'exports.onEvent = () => 1;' };
const zip = (...entries: ZipEntry[]) => makeZip([MANIFEST, CODE, ...entries]);
const tgz = (...entries: Parameters<typeof makeTar>[0]) => gzipSync(makeTar([MANIFEST, CODE, ...entries]));
const many = Array.from({ length: 100_000 }, (_, index) => ({ path: `${index}`, isStored: true }));
const large = { path: 'plugin.json', content: `{"name":"${'x'.repeat(50_000_000)}"}` };
const zeros = Buffer.alloc(60 * MIB);

const ARCHIVES: [string, () => Buffer, string][] = [
  ['a path out of it, in a zip', () => zip({ path: '../evil.js' }), '".."'],
  ['a path out of it, in a tar', () => tgz({ path: 'lib/../../evil.js' }), '".."'],
  ['an absolute path, in a zip', () => zip({ path: '/etc/passwd' }), 'absolute'],
  ['an absolute path, in a tar', () => tgz({ path: '/etc/passwd' }), 'absolute'],
  ['a path of Windows', () => zip({ path: 'lib\\..\\evil.js' }), 'backslash'],
  ['a path that is too deep', () => zip({ path: `${'a/'.repeat(40)}b.js` }), 'folders deep'],
  ['a link, in a zip', () => zip({ path: 'a', content: '/proc/self/environ', mode: 0o120777 }), 'is a link'],
  ['a link, in a tar', () => tgz({ path: 'a', type: 'SymbolicLink', linkpath: '/proc/self/environ' }), 'is a link'],
  ['a hard link', () => tgz({ path: 'a', type: 'Link', linkpath: 'plugin.json' }), 'is a link'],
  ['a device', () => tgz({ path: 'a', type: 'CharacterDevice' }), 'neither a file nor a folder'],
  ['a file that is there twice', () => zip({ path: 'a' }, { path: 'a' }), 'is there twice'],
  ['a bomb, in a zip', () => zip({ path: 'a', content: zeros.subarray(0, 10 * MIB) }), 'more than 100 times its size'],
  ['a bomb, in a tar', () => tgz({ path: 'a', content: zeros.subarray(0, 10 * MIB) }), 'more than 100 times its size'],
  ['a bomb that lies', () => zip({ path: 'a', content: zeros, declared: { sizeBytes: 1 } }), 'cannot be unpacked'],
  ['entries that share their data', () => zip({ path: 'a', sharedWith: 1 }), 'shares its data'],
  ['100,000 entries, in a zip', () => makeZip(many), 'more than the 5000 entries'],
  ['100,000 entries, in a tar', () => gzipSync(makeTar(many)), 'more than the 5000 entries'],
  ['a plugin.json of 50 MB, in a zip', () => makeZip([large]), '47.7 MiB unpacked; 1 MiB are allowed'],
  ['a plugin.json of 50 MB, in a tar', () => gzipSync(makeTar([large])), '47.7 MiB unpacked; 1 MiB are allowed'],
  ['a plugin.json nested without end', () => makeZip([nested()]), 'plugin.json'],
  ['no plugin', () => makeZip([{ path: 'readme.md', content: 'x' }]), 'plugin.json'],
  ['no archive', () => Buffer.from('<html>Please log in</html>'), 'no zip and no tar.gz: it is a web page'],
  ['nothing', () => Buffer.alloc(0), ''],
];

function nested() {
  return { path: 'plugin.json', content: `${'{"name":'.repeat(100_000)}1${'}'.repeat(100_000)}` };
}

describe('an archive with', () => {
  it.each(ARCHIVES)('%s is a clear 422, however it comes, and nothing is stored', async (_title, make, reason) => {
    served = make();
    const before = await admin.stored();
    const url = `${server.url}/plugin.zip?private_token=${TOKEN}`;
    const upload = await admin.upload(served);
    const again = await admin.upload(served);

    const replies = [
      await admin.call({ method: 'POST', path: PLUGINS, body: { url } }),
      await admin.call({ method: 'POST', path: PLUGINS, body: { upload, file_name: 'x.zip' } }),
      await admin.call({ method: 'POST', path: `${PLUGINS}${plugin}/upgrade/`, body: { url } }),
      await admin.call({ method: 'POST', path: `${PLUGINS}${plugin}/upgrade/`, body: { upload: again } }),
    ];

    for (const { status, body, text } of replies) {
      expect([status, body.code]).toEqual([422, 'unprocessable']);
      expect(body.detail).toContain(reason);
      // Whoever sent it need not be sent it back.
      expect(text.length).toBeLessThan(2_000);
      expect(text).not.toContain(TOKEN);
    }
    expect(await admin.stored()).toEqual(before);
    expect(admin.faults).toEqual([]);
  });
});

it('an upload that is too large, or is not what was announced, is refused, and installs nothing', async () => {
  const noise = Buffer.alloc(12 * MIB, 'x');
  const whole = await admin.upload(noise.subarray(0, 4 * MIB));
  const before = await admin.stored();

  const tooLarge = await admin.call({ method: 'PUT', path: `/api/uploads/${whole.id}/parts/0/`, body: noise });
  const tooMany = await admin.call({
    method: 'PUT',
    path: `/api/uploads/${whole.id}/parts/3/`,
    body: noise.subarray(1),
  });
  const another = await admin.call({
    method: 'POST',
    path: PLUGINS,
    body: { upload: { ...whole, sha256: '0'.repeat(64) } },
  });

  expect([tooLarge.status, tooMany.status, another.status]).toEqual([413, 413, 400]);
  expect(await admin.stored()).toEqual(before);
});
