import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecret } from '../../../shared/sources/secret.ts';
import type { SourceError } from '../../../shared/sources/source-error.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';

const PLUGIN = { 'plugin.json': '{"name":"From npm"}', 'index.js': '' };

let sites: SourceSitesOnLoopback;
beforeAll(async () => {
  sites = await startSourceSites();
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) sites.npm.publish('plugin', version, { ...PLUGIN, version });
  sites.npm.publish('plugin', '3.0.0-rc.1', PLUGIN, 'next');
  sites.npm.publish('@scope/plugin', '1.0.0', PLUGIN);
  sites.npm.publish('@scope/hidden', '1.0.0', PLUGIN);
  sites.npm.hide('@scope/hidden', 'planted-npm');
});
afterAll(() => sites[Symbol.asyncDispose]());

async function fetchFrom(text: string, tokens: { npm?: string } = {}) {
  const sources = sites.sources({ tokens });
  const { source, privateToken } = sources.parse(text);
  return sources.fetch(source, privateToken);
}

async function refusal(fetching: Promise<unknown>): Promise<SourceError> {
  return fetching.then(
    () => expect.unreachable('it was fetched'),
    (error: unknown) => error as SourceError,
  );
}

describe('a package of npm', () => {
  it.each([
    ['plugin', '2.0.0'],
    ['plugin@1.0.0', '1.0.0'],
    ['plugin@^1.0.0', '1.1.0'],
    ['plugin@*', '2.0.0'],
    ['plugin@next', '3.0.0-rc.1'],
    ['@scope/plugin', '1.0.0'],
    ['https://www.npmjs.com/package/plugin/v/1.1.0', '1.1.0'],
  ])('%s is version %s', async (text, version) => {
    const fetched = await fetchFrom(text);

    expect(fetched).toMatchObject({ marker: version, label: version, ignored: [] });
    expect([...fetched.files.keys()]).toContain('plugin.json');
    expect(fetched.etag).toMatch(/^"/);
  });

  it('is installed as its dist-tag says, even where a higher version fits the range', async () => {
    sites.npm.publish('moved-back', '1.0.0', PLUGIN);
    sites.npm.publish('moved-back', '1.2.0', PLUGIN);
    sites.npm.publish('moved-back', '1.1.0', PLUGIN);

    expect((await fetchFrom('moved-back@^1.0.0')).marker).toBe('1.1.0');
  });

  it('is asked for in the short form, without readmes', async () => {
    await fetchFrom('plugin');

    expect(sites.npm.seen.at(-2)?.headers.accept).toContain('application/vnd.npm.install-v1+json');
  });

  it('without the version that is asked for is refused, with those that there are', async () => {
    const [range, tag] = [await refusal(fetchFrom('plugin@^9.0.0')), await refusal(fetchFrom('plugin@beta'))];

    expect(range.code).toBe('not_found');
    expect(range.message).toBe(
      'The npm package plugin has no version "^9.0.0". It has 4; the newest are 3.0.0-rc.1, 2.0.0, 1.1.0, 1.0.0; its tags are latest, next.',
    );
    expect(tag.message).toContain('no version "beta"');
  });

  it('that is private opens to NPM_TOKEN and to a private token, and is not there without', async () => {
    const without = await refusal(fetchFrom('@scope/hidden'));
    const wrong = await refusal(fetchFrom('@scope/hidden', { npm: 'planted-wrong' }));

    expect(without.code).toBe('not_found');
    expect(without.message).toContain(
      'private answers 404 without a token. Check the spelling, set NPM_TOKEN, or add ?private_token=…',
    );
    expect(wrong.message).toContain('or the NPM_TOKEN may not read it');
    expect((await fetchFrom('@scope/hidden', { npm: 'planted-npm' })).marker).toBe('1.0.0');
    // The one that came with the source wins.
    expect((await fetchFrom('@scope/hidden?private_token=planted-npm', { npm: 'planted-wrong' })).marker).toBe('1.0.0');
  });

  it('whose archive lies on another host is fetched from there without the token', async () => {
    const { npm, files } = sites;
    const path = '/@scope/hidden/-/hidden-1.0.0.tgz';
    const before = npm.seen.length;
    await sites
      .sources({ tokens: { npm: 'planted-npm' } })
      .fetch({ kind: 'npm', name: '@scope/hidden', spec: 'latest' });
    const archive = npm.seen.slice(before).find((request) => request.path === path);
    expect(archive?.token).toBe('planted-npm');

    npm.archives.url = files.url;
    const response = await fetch(npm.url + path, { headers: { authorization: 'Bearer planted-npm' } });
    files.answers.set(path, { body: new Uint8Array(await response.arrayBuffer()) });
    try {
      const fetched = await fetchFrom('@scope/hidden', { npm: 'planted-npm' });

      expect(fetched.marker).toBe('1.0.0');
      expect(files.seen.map((request) => [request.path, request.headers.authorization])).toEqual([[path, undefined]]);
    } finally {
      npm.archives.url = null;
    }
  });

  it('whose archive is not the one that was announced is asked for once more, and then refused', async () => {
    sites.npm.publish('swapped', '1.0.0', PLUGIN);
    sites.npm.announce('swapped', '1.0.0', { integrity: `sha512-${Buffer.alloc(64).toString('base64')}` });
    const before = sites.npm.seen.length;

    const error = await refusal(fetchFrom('swapped'));

    expect(error.code).toBe('damaged');
    expect(error.message).toContain(
      'What arrived as npm:swapped (1.0.0) is not what the registry announced: its sha512 is',
    );
    expect(sites.npm.seen.slice(before).filter(({ path }) => path.endsWith('.tgz'))).toHaveLength(2);
  });

  it('that arrives damaged once is taken when it arrives whole', async () => {
    sites.npm.faults.push({ on: '/plugin/-/plugin-2.0.0.tgz', answer: { body: 'half of i' } });

    expect((await fetchFrom('plugin')).marker).toBe('2.0.0');
  });

  it('of old, with a sha1 alone, is compared with that', async () => {
    sites.npm.publish('old', '1.0.0', PLUGIN);
    sites.npm.announce('old', '1.0.0', { integrity: undefined });
    expect((await fetchFrom('old')).marker).toBe('1.0.0');

    sites.npm.announce('old', '1.0.0', { shasum: '00'.repeat(20) });
    expect((await refusal(fetchFrom('old'))).message).toContain('its sha1 is');
  });

  it('of which nothing is announced that could be compared is refused', async () => {
    sites.npm.publish('bare', '1.0.0', PLUGIN);
    sites.npm.announce('bare', '1.0.0', { integrity: undefined, shasum: undefined });

    expect((await refusal(fetchFrom('bare'))).message).toContain('announced no hash');
  });

  it('from a registry that answers something else is refused, without what it answered', async () => {
    sites.npm.faults.push({ on: '/plugin', answer: { body: '<html>planted-page' } });

    const error = await refusal(fetchFrom('plugin'));

    expect(error.code).toBe('unreachable');
    expect(error.message).toBe("The site's answer about the npm package plugin cannot be read. Is its address right?");
  });

  it('with a token that npm does not take is refused with the name of the token', async () => {
    sites.npm.faults.push({ on: '/plugin', answer: { status: 401, body: 'planted-npm is no token' } });

    const sources = sites.sources({ tokens: { npm: 'planted-npm' } });
    const error = await refusal(
      sources.fetch({ kind: 'npm', name: 'plugin', spec: 'latest' }, createSecret('planted-private')),
    );

    expect(error.code).toBe('unauthorised');
    expect(error.message).toContain('The private_token was not accepted for the npm package plugin (401)');
  });
});
