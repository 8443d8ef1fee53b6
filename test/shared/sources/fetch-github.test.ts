import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SourceError } from '../../../shared/sources/source-error.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';

const manifest = (name: string) => ({ 'plugin.json': JSON.stringify({ name }) });
const NOW = Date.parse('2026-03-01T10:00:00Z');

let sites: SourceSitesOnLoopback;
let first: string;
let latest: string;
let onBranch: string;
beforeAll(async () => {
  sites = await startSourceSites();
  const { github } = sites;
  first = github.commit('owner/plugin', manifest('First'));
  github.tag('owner/plugin', 'v1.0.0');
  latest = github.commit('owner/plugin', { ...manifest('Latest'), 'plugins/mine/plugin.json': '{"name":"Mine"}' });
  onBranch = github.commit('owner/plugin', { 'plugins/mine/plugin.json': '{"name":"On a branch"}' }, 'feature/x');
  github.commit('owner/hidden', manifest('Hidden'));
  github.hide('owner/hidden', 'planted-github');
});
afterAll(() => sites[Symbol.asyncDispose]());
afterEach(() => {
  sites.github.limit.left = null;
});

async function fetchFrom(path: string, tokens: { github?: string } = {}) {
  const sources = sites.sources({ tokens, now: () => NOW });
  const { source, privateToken } = sources.parse(`https://github.com/owner/${path}`);
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

describe('a GitHub repository', () => {
  it.each([
    ['its default branch', () => 'plugin', 'Latest', () => latest],
    ['a tag', () => 'plugin/releases/tag/v1.0.0', 'First', () => first],
    ['a commit', () => `plugin/commit/${first.slice(0, 9)}`, 'First', () => first],
    ['an archive', () => 'plugin/archive/refs/heads/main.zip', 'Latest', () => latest],
    ['a branch', () => 'plugin/tree/main', 'Latest', () => latest],
    ['a folder', () => 'plugin/tree/main/plugins/mine', 'Mine', () => latest],
    [
      'a folder of a branch with a slash in its name',
      () => 'plugin/tree/feature/x/plugins/mine',
      'On a branch',
      () => onBranch,
    ],
  ])('gives %s', async (_, path, name, sha) => {
    expect(await fetchFrom(path())).toMatchObject({ name, marker: sha() });
  });

  it('says where the name of a branch ends, so that nobody has to find it out again', async () => {
    const { source } = await fetchFrom('plugin/tree/feature/x/plugins/mine');

    expect(source).toMatchObject({ ref: { kind: 'branch', name: 'feature/x' }, folder: 'plugins/mine' });
  });

  it('is labelled by its tag, or by the beginning of its commit', async () => {
    expect((await fetchFrom('plugin/releases/tag/v1.0.0')).label).toBe('v1.0.0');
    expect((await fetchFrom('plugin')).label).toBe(latest.slice(0, 12));
  });

  it('is fetched without a token where there is none', async () => {
    const before = sites.github.seen.length;
    await fetchFrom('plugin');

    expect(sites.github.seen.slice(before).map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  it('that is private opens to a token, which the host of the archive never sees', async () => {
    const { codeload } = sites.github;
    const before = codeload.seen.length;

    const fetched = await fetchFrom('hidden', { github: 'planted-github' });
    const byUrl = await fetchFrom('hidden?private_token=planted-github', { github: 'planted-wrong' });

    expect([fetched.name, byUrl.name]).toEqual(['Hidden', 'Hidden']);
    const seen = codeload.seen.slice(before);
    expect(seen).toHaveLength(2);
    expect(JSON.stringify(seen)).not.toContain('planted');
  });

  it('that is private, or is not there, says what may be the matter', async () => {
    const { message, code } = await refusal(fetchFrom('hidden'));

    expect(code).toBe('not_found');
    expect(message).toBe(
      'There is no repository github.com/owner/hidden, or it is private: what is private answers 404 without a token. Check the spelling, set GITHUB_TOKEN, or add ?private_token=… to the source.',
    );
    expect((await refusal(fetchFrom('hidden', { github: 'planted-wrong' }))).message).toContain(
      'or the GITHUB_TOKEN may not read it',
    );
  });

  it.each([
    ['branch', 'plugin/tree/nobody', '"nobody"'],
    ['path', 'plugin/tree/nobody/knows/this', '"nobody/knows/this"'],
    ['tag', 'plugin/releases/tag/v9', '"v9"'],
  ])('without such a %s says which is missing', async (_, path, named) => {
    expect((await refusal(fetchFrom(path))).message).toContain(`with the branch, tag, commit or path ${named}`);
  });

  it('that takes no more requests says until when, and that a token helps', async () => {
    sites.github.limit = Object.assign(sites.github.limit, { left: 1, resetAt: NOW + 1_800_000 });

    const error = await refusal(fetchFrom('plugin'));

    expect(error.code).toBe('rate_limited');
    expect(error.retryAt).toBe(NOW + 1_800_000);
    expect(error.message).toBe(
      `${sites.github.host} takes no more requests before 2026-03-01T10:30:00.000Z. Set GITHUB_TOKEN, with which it takes more.`,
    );
    expect(sites.waits).toEqual([]);
  });

  it('whose limit ends in a moment is waited for', async () => {
    sites.github.faults.push({ on: '/commits/', answer: { status: 429, headers: { 'retry-after': '3' } } });

    expect((await fetchFrom('plugin')).name).toBe('Latest');
    expect(sites.waits.splice(0)).toEqual([3000]);
  });

  it('that forbids for another reason than its limit is not asked again', async () => {
    sites.github.faults.push({ on: '/commits/', answer: { status: 403, body: '{}' } });

    expect((await refusal(fetchFrom('plugin', { github: 'planted-github' }))).code).toBe('unauthorised');
    expect(sites.waits).toEqual([]);
  });

  it('that has an error of its own is asked again, and given up the third time', async () => {
    const fault = { on: '/commits/', answer: { status: 502 } };
    sites.github.faults.push(fault, fault);
    expect((await fetchFrom('plugin')).name).toBe('Latest');
    expect(sites.waits.splice(0)).toEqual([500, 1000]);

    sites.github.faults.push(fault, fault, fault);
    const error = await refusal(fetchFrom('plugin'));
    sites.waits.splice(0);

    expect([error.code, error.mayPass]).toEqual(['unreachable', true]);
    expect(error.message).toContain('answered with its own error 502');
  });

  it('whose archive is cut short is asked once more for it, and then refused', async () => {
    const { codeload } = sites.github;
    const cut = { on: 'legacy.zip', answer: { body: 'x'.repeat(1000), cutAfterBytes: 300 } };
    codeload.faults.push(cut);
    expect((await fetchFrom('plugin')).name).toBe('Latest');

    codeload.faults.push(cut, cut);
    const error = await refusal(fetchFrom('plugin'));

    expect(error.code).toBe('damaged');
    expect(error.message).toBe(`What ${codeload.host} sent ended after 300 of 1000 bytes. Try again.`);
    expect(codeload.faults).toEqual([]);
    sites.waits.splice(0);
  });

  it('whose archive is larger than plugins are is refused before it is read', async () => {
    const announced = { 'content-length': '999999999' };
    sites.github.codeload.faults.push({ on: 'legacy.zip', answer: { headers: announced, hangs: true } });

    const error = await refusal(fetchFrom('plugin'));

    expect(error.code).toBe('too_large');
    expect(error.message).toContain('has 953.7 MiB; 32 MiB are allowed');
  });
});
