import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceAnswer } from '../../support/source-servers/source-server.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';

const TOKENS = { npm: 'planted-npm', github: 'planted-github', gitlab: 'planted-gitlab' };
const PRIVATE = 'planted-private';
/** Nobody listens there. */
const CLOSED = '127.0.0.1:1';
const FILES = { 'plugin.json': '{"name":"Plugin"}' };

let sites: SourceSitesOnLoopback;
beforeAll(async () => {
  sites = await startSourceSites();
  sites.npm.publish('plugin', '1.0.0', FILES);
  sites.github.commit('owner/plugin', FILES);
  sites.gitlab.commit('group/plugin', FILES);
});
afterAll(() => sites[Symbol.asyncDispose]());

/** All that can be seen of what happened, however deep it lies. */
function written(...values: unknown[]): string {
  return values
    .flatMap((value) => [
      inspect(value, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null }),
      JSON.stringify(value, (_, inner: unknown) =>
        inner instanceof Error ? Object.assign({ message: inner.message, stack: inner.stack }, inner) : inner,
      ),
    ])
    .join('\n');
}

async function outcomeOf(text: string): Promise<unknown> {
  const sources = sites.sources({ tokens: TOKENS, allowedHosts: [...sites.hosts, CLOSED] });
  try {
    const { source, privateToken } = sources.parse(text);
    const fetched = await sources.fetch(source, privateToken);
    return [fetched, await sources.check(fetched, null, privateToken)];
  } catch (error) {
    return error;
  }
}

const SOURCES: [string, () => string][] = [
  ['npm', () => 'plugin'],
  ['GitHub', () => 'https://github.com/owner/plugin'],
  ['GitLab', () => `${sites.gitlab.url}/group/plugin`],
  ['an archive', () => `${sites.files.url}/plugin.zip`],
];

/** Answers of a site that gives away what it was given, wherever it can. */
function indiscreet(token: string): [string, SourceAnswer][] {
  const body = `the token ${token} is no good`;
  return [
    ['401', { status: 401, headers: { 'www-authenticate': `Bearer realm="${token}"` }, body }],
    ['403', { status: 403, body }],
    ['404', { status: 404, body }],
    ['418', { status: 418, body }],
    ['429', { status: 429, headers: { 'retry-after': '3600' }, body }],
    ['500', { status: 500, body }],
    ['a page', { body: `<html>${body}` }],
    ['a cut answer', { body: body.repeat(10), cutAfterBytes: 50 }],
    [
      'a redirect to a private address',
      { status: 302, headers: { location: `https://10.0.0.1/${token}?token=${token}` } },
    ],
    ['a redirect to a closed port', { status: 302, headers: { location: `http://${CLOSED}/${token}?token=${token}` } }],
    ['a redirect to nowhere', { status: 302, headers: { location: `nothing://${token}` } }],
  ];
}

describe.each(SOURCES)('a token for %s', (name, text) => {
  const ownTokens = { npm: TOKENS.npm, GitHub: TOKENS.github, GitLab: TOKENS.gitlab } as Record<string, string>;

  it.each([
    ['of its own', (url: string) => url, ownTokens[name] ?? PRIVATE],
    ['that came with the source', (url: string) => `${url}?private_token=${PRIVATE}`, PRIVATE],
  ])('%s is in no error, no log and no result', async (_, complete, token) => {
    const servers = [sites.npm, sites.github, sites.github.codeload, sites.gitlab, sites.files];
    const seen: string[] = [];
    for (const [, answer] of indiscreet(token)) {
      // For the first request, for the archive, and for all attempts.
      for (const on of ['/', '.tgz', 'zip']) {
        for (const { faults } of servers)
          faults.splice(0, faults.length, ...Array.from({ length: 3 }, () => ({ on, answer })));
        seen.push(written(await outcomeOf(complete(text()))));
      }
    }
    for (const { faults } of servers) faults.length = 0;
    seen.push(written(await outcomeOf(complete(text()))), written(sites.warnings));

    expect(seen.join('\n')).not.toContain('planted');
    expect(seen.join('\n')).toMatch(/unauthorised[^]*rate_limited[^]*refused_address/);
    expect(sites.warnings.length).toBeGreaterThan(0);
    // It was sent, so it could have been told.
    if (name !== 'an archive' || token === PRIVATE)
      expect(servers.some((server) => server.seen.some((request) => request.token === token))).toBe(true);
  });
});

it('a token written where none belongs is not told either', async () => {
  const texts = [
    `https://${PRIVATE}@github.com/owner/plugin`,
    `https://user:${PRIVATE}@example.com/plugin.zip`,
    `https://example.com/plugin.zip?access_token=${PRIVATE}`,
    `https://example.com/plugin?private_token=${PRIVATE}`,
    `not a source?private_token=${PRIVATE}`,
    `https://github.com/owner?private_token=${PRIVATE}&private_token=${PRIVATE}`,
  ];

  for (const text of texts) expect(written(await outcomeOf(text)), text).not.toContain('planted');
});
