import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceError } from '../../../shared/sources/source-error.ts';
import { startGitLabServer } from '../../support/source-servers/gitlab-server.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';

let sites: SourceSitesOnLoopback;
let first: string;
let latest: string;
beforeAll(async () => {
  sites = await startSourceSites();
  const { gitlab } = sites;
  first = gitlab.commit('group/sub/plugin', { 'plugin.json': '{"name":"First"}' });
  gitlab.tag('group/sub/plugin', 'v1.0.0');
  latest = gitlab.commit('group/sub/plugin', {
    'plugin.json': '{"name":"Latest"}',
    'plugins/mine/plugin.json': '{"name":"Mine"}',
  });
  gitlab.commit('group/hidden', { 'plugin.json': '{"name":"Hidden"}' });
  gitlab.hide('group/hidden', 'planted-gitlab');
});
afterAll(() => sites[Symbol.asyncDispose]());

async function fetchFrom(path: string, tokens: { gitlab?: string } = {}, site = sites.gitlab.url) {
  const sources = sites.sources({ tokens });
  const { source, privateToken } = sources.parse(`gitlab+${site}/${path}`);
  const fetched = await sources.fetch(source, privateToken);
  const { name } = JSON.parse(Buffer.from(fetched.files.get('plugin.json') ?? '').toString()) as { name: string };
  return { ...fetched, name };
}

async function refusal(fetching: Promise<unknown>): Promise<SourceError> {
  return fetching.then(
    () => expect.unreachable('it was fetched'),
    (error: unknown) => error as SourceError,
  );
}

describe('a GitLab project', () => {
  it.each([
    ['its default branch', () => 'group/sub/plugin', 'Latest', () => latest],
    ['a tag', () => 'group/sub/plugin/-/tags/v1.0.0', 'First', () => first],
    ['a commit', () => `group/sub/plugin/-/commit/${first}`, 'First', () => first],
    ['an archive', () => 'group/sub/plugin/-/archive/main/plugin-main.tar.gz', 'Latest', () => latest],
    ['a folder', () => 'group/sub/plugin/-/tree/main/plugins/mine', 'Mine', () => latest],
  ])('gives %s', async (_, path, name, sha) => {
    expect(await fetchFrom(path())).toMatchObject({ name, marker: sha() });
  });

  it('is asked for the folder alone, where only one is meant', async () => {
    await fetchFrom('group/sub/plugin/-/tree/main/plugins/mine');

    expect(sites.gitlab.seen.at(-1)?.path).toBe(
      `/api/v4/projects/group%2Fsub%2Fplugin/repository/archive.zip?sha=${latest}&path=plugins%2Fmine`,
    );
  });

  it('that is private opens to a token', async () => {
    expect((await fetchFrom('group/hidden', { gitlab: 'planted-gitlab' })).name).toBe('Hidden');
    expect((await fetchFrom('group/hidden?private_token=planted-gitlab')).name).toBe('Hidden');
    expect((await refusal(fetchFrom('group/hidden'))).message).toBe(
      `There is no project ${sites.gitlab.host}/group/hidden, or it is private: what is private answers 404 without a token. Check the spelling, set GITLAB_TOKEN, or add ?private_token=… to the source.`,
    );
  });

  it('on an instance that nobody configured never sees the token of another', async () => {
    const other = await startGitLabServer();
    other.commit('group/plugin', { 'plugin.json': '{"name":"Elsewhere"}' });
    const sources = sites.sources({ tokens: { gitlab: 'planted-gitlab' }, allowedHosts: [other.host] });

    const { source } = sources.parse(`gitlab+${other.url}/group/plugin`);
    await sources.fetch(source);
    const seen = JSON.stringify(other.seen);
    await other.close();

    expect(seen).toContain('archive.zip');
    expect(seen).not.toContain('planted');
  });

  it('that takes no more requests says until when', async () => {
    const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3600) };
    sites.gitlab.faults.push({ on: '/commits', answer: { status: 429, headers } });

    const error = await refusal(fetchFrom('group/sub/plugin'));

    expect(error.code).toBe('rate_limited');
    expect(error.retryAt).toBe(Number(headers['ratelimit-reset']) * 1000);
  });
});
