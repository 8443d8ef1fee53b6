import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { newestVersionTag } from '../../../shared/sources/newest-version.ts';
import { sourceText } from '../../../shared/sources/plugin-source.ts';
import { zipOf } from '../../support/source-servers/make-zip.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';

const files = (name: string) => ({ 'plugin.json': JSON.stringify({ name }) });

let sites: SourceSitesOnLoopback;
beforeAll(async () => {
  sites = await startSourceSites();
});
afterAll(() => sites[Symbol.asyncDispose]());

/** What is installed from this text, as it is now. */
async function install(text: string) {
  const sources = sites.sources();
  return sources.fetch(sources.parse(text).source);
}

describe('a package of npm', () => {
  it('is newer when its tag, or its range, has a higher version', async () => {
    sites.npm.publish('followed', '1.0.0', files('1'));
    const installed = {
      latest: await install('followed'),
      range: await install('followed@^1.0.0'),
      pinned: await install('followed@1.0.0'),
    };
    const check = (name: keyof typeof installed) => sites.sources().check(installed[name]);
    expect((await check('latest'))?.isNewer).toBe(false);

    sites.npm.publish('followed', '1.1.0', files('1.1'));
    sites.npm.publish('followed', '2.0.0', files('2'));

    expect(await check('latest')).toMatchObject({
      of: 'npm:followed',
      isNewer: true,
      latest: { marker: '2.0.0', source: { spec: 'latest' } },
      compareUrl: 'https://www.npmjs.com/package/followed/v/2.0.0',
    });
    expect(await check('range')).toMatchObject({
      isNewer: true,
      latest: { marker: '1.1.0', source: { spec: '^1.0.0' } },
    });
    // What is pinned is updated to another pin.
    expect(await check('pinned')).toMatchObject({
      isNewer: true,
      latest: { marker: '2.0.0', source: { spec: '2.0.0' } },
    });
  });

  it('is not newer when its tag was moved back', async () => {
    sites.npm.publish('moved', '2.0.0', files('2'));
    const installed = await install('moved');
    sites.npm.publish('moved', '1.9.9', files('1.9.9'));

    expect(await sites.sources().check(installed)).toMatchObject({ isNewer: false, latest: { marker: '1.9.9' } });
  });
});

describe.each([
  ['GitHub', () => sites.github, () => 'https://github.com/owner', (name: string) => `owner/${name}`],
  ['GitLab', () => sites.gitlab, () => `gitlab+${sites.gitlab.url}/group`, (name: string) => `group/${name}`],
])('a repository at %s', (site, server, base, path) => {
  const at = (name: string, ref: string) => {
    const url = `${base()}/${name}`;
    return ref === '' ? url : site === 'GitHub' ? `${url}/${ref}` : `${url}/-/${ref.replace('releases/tag', 'tags')}`;
  };

  it('is newer when the branch that it follows has another commit', async () => {
    server().commit(path('branch'), files('1'));
    server().commit(path('branch'), files('other'), 'next');
    const [main, next] = [await install(at('branch', '')), await install(at('branch', 'tree/next'))];

    const sha = server().commit(path('branch'), files('2'));

    expect(await sites.sources().check(main)).toMatchObject({
      isNewer: true,
      latest: { marker: sha, source: main.source },
    });
    expect(await sites.sources().check(next)).toMatchObject({ isNewer: false, latest: { marker: next.marker } });
  });

  it('shows the difference at the site', async () => {
    const before = server().commit(path('compared'), files('1'));
    const installed = await install(at('compared', ''));
    const after = server().commit(path('compared'), files('2'));

    const { compareUrl } = (await sites.sources().check(installed)) ?? {};
    const page = site === 'GitHub' ? 'https://github.com/owner/compared' : `${sites.gitlab.url}/group/compared/-`;
    expect(compareUrl).toBe(`${page}/compare/${before}...${after}`);
  });

  it('pinned to a commit is updated to another commit', async () => {
    const pinned = server().commit(path('pinned'), files('1'));
    const installed = await install(at('pinned', `commit/${pinned}`));
    expect(await sites.sources().check(installed)).toMatchObject({ isNewer: false });

    const sha = server().commit(path('pinned'), files('2'));

    expect(await sites.sources().check(installed)).toMatchObject({
      isNewer: true,
      latest: { marker: sha, source: { ref: { kind: 'commit', name: sha } } },
    });
  });

  it('at the tag of a version is newer when there is a tag of a higher one, whatever its branches do', async () => {
    server().commit(path('tagged'), files('1'));
    server().tag(path('tagged'), 'v1.9.0');
    const installed = await install(at('tagged', 'releases/tag/v1.9.0'));
    server().commit(path('tagged'), files('after'));
    expect(await sites.sources().check(installed)).toMatchObject({ isNewer: false, latest: { label: 'v1.9.0' } });

    const sha = server().commit(path('tagged'), files('2'));
    server().tag(path('tagged'), 'v1.10.0');
    server().tag(path('tagged'), 'v2.0.0-rc.1');
    server().tag(path('tagged'), 'nightly');

    const check = await sites.sources().check(installed);
    expect(check).toMatchObject({ isNewer: true, latest: { marker: sha, label: 'v1.10.0' } });
    // What the check names can be installed as it is.
    expect((await sites.sources().fetch(check?.latest.source ?? installed.source)).marker).toBe(sha);
  });

  it('at a tag that is no version is newer when the tag was moved', async () => {
    server().commit(path('moving'), files('1'));
    server().tag(path('moving'), 'stable');
    const installed = await install(at('moving', 'releases/tag/stable'));

    const sha = server().commit(path('moving'), files('2'));
    server().tag(path('moving'), 'stable');

    expect(await sites.sources().check(installed)).toMatchObject({
      isNewer: true,
      latest: { marker: sha, label: 'stable' },
    });
  });
});

describe('an archive', () => {
  it('is newer when there is another at its URL', async () => {
    const url = `${sites.files.url}/plugin.zip`;
    sites.files.answers.set('/plugin.zip', { body: zipOf(files('1')) });
    const installed = await install(url);
    expect(await sites.sources().check(installed)).toMatchObject({ isNewer: false, compareUrl: null });

    sites.files.answers.set('/plugin.zip', { body: zipOf(files('2')) });

    expect(await sites.sources().check(installed)).toMatchObject({ isNewer: true, of: url });
  });
});

test('an upload has no later version', async () => {
  expect(
    await sites.sources().check({ source: { kind: 'upload', name: 'x' }, marker: 'sha256:0', label: '0' }),
  ).toBeNull();
});

describe('a check after a check', () => {
  it('saves the site its answer while nothing has changed, and sees when something has', async () => {
    const zip = { body: zipOf(files('1')), headers: { etag: '"1"' } };
    sites.files.answers.set('/known.zip', zip);
    sites.npm.publish('known', '1.0.0', files('1'));
    for (const server of [sites.github, sites.gitlab]) {
      const path = server === sites.github ? 'owner/known' : 'group/known';
      server.commit(path, files('1'));
      server.tag(path, 'v1.0.0');
    }
    const texts = [
      'npm:known',
      'https://github.com/owner/known',
      'https://github.com/owner/known/releases/tag/v1.0.0',
      `gitlab+${sites.gitlab.url}/group/known`,
      `gitlab+${sites.gitlab.url}/group/known/-/tags/v1.0.0`,
      `${sites.files.url}/known.zip`,
    ];
    const installed = await Promise.all(texts.map(install));
    const sources = sites.sources();
    const servers = [sites.npm, sites.github, sites.gitlab, sites.files];

    const first = await Promise.all(installed.map((version) => sources.check(version)));
    for (const { seen } of servers) seen.length = 0;
    const second = await Promise.all(installed.map((version, index) => sources.check(version, first[index])));

    expect(second).toEqual(first);
    const asked = servers.flatMap(({ seen }) => seen.map(({ headers }) => headers['if-none-match']));
    expect(asked).toHaveLength(texts.length);
    expect(asked).not.toContain(undefined);

    sites.npm.publish('known', '1.1.0', files('2'));
    sites.github.commit('owner/known', files('2'));
    sites.github.tag('owner/known', 'v1.1.0');
    sites.gitlab.commit('group/known', files('2'));
    sites.gitlab.tag('group/known', 'v1.1.0');
    sites.files.answers.set('/known.zip', { body: zipOf(files('2')), headers: { etag: '"2"' } });
    const third = await Promise.all(installed.map((version, index) => sources.check(version, second[index])));

    expect(third.map((check) => check?.isNewer)).toEqual(texts.map(() => true));
  });

  it('of another source is not mistaken for its own', async () => {
    sites.npm.publish('two-lines', '1.0.0', files('1'));
    sites.npm.publish('two-lines', '2.0.0', files('2'));
    const sources = sites.sources();
    const [old, current] = [await install('two-lines@^1.0.0'), await install('two-lines@^2.0.0')];

    const ofOld = await sources.check(old);

    expect(ofOld?.of).toBe(sourceText(old.source));
    expect(await sources.check(current, ofOld)).toMatchObject({ latest: { marker: '2.0.0' }, isNewer: false });
  });
});

describe('the newest tag', () => {
  it.each([
    ['v1.0.0', ['v1.0.1', 'v1.10.0', 'v1.9.0'], 'v1.10.0'],
    ['1.0', ['1.1', '1.0.5'], '1.1'],
    ['mine@1.0.0', ['mine@1.1.0', 'other@9.0.0', 'v9.0.0'], 'mine@1.1.0'],
    ['v1.0.0', ['v2.0.0-beta.1', 'v1.0.0'], null],
    ['v2.0.0-beta.1', ['v2.0.0-beta.2', 'v2.0.0'], 'v2.0.0'],
    ['v1.0.0', [], null],
    ['spring', ['summer', 'v1.0.0'], null],
    ['v1.0.0', ['v99999999999999999999.0.0'], null],
  ])('after %s, of %j, is %s', (name, names, newest) => {
    const tags = names.map((tag) => ({ name: tag, sha: '' }));

    expect(newestVersionTag(name, tags)?.name ?? null).toBe(newest);
  });
});
