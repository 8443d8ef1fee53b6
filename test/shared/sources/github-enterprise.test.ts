import { expect, test } from 'vitest';
import type { GetRequest } from '../../../shared/sources/http/http-client.ts';
import { createSecret } from '../../../shared/sources/secret.ts';
import { gitHubRepository } from '../../../shared/sources/sites/github-repository.ts';
import { GITHUB_PAGES, gitHubApi } from '../../../shared/sources/source-sites.ts';

const REPOSITORY = { kind: 'github', owner: 'o', repository: 'r', ref: { kind: 'default' }, folder: '' } as const;
const token = createSecret('planted');

/** Where a repository is asked for, and whether with a token, when the deployment's GitHub is the one with these pages. */
async function askedFor(site: string | undefined, pages: string): Promise<[string, boolean]> {
  const asked: GetRequest[] = [];
  const http = {
    async get(request: GetRequest) {
      asked.push(request);
      return { status: 200, headers: {}, body: Buffer.from('0'.repeat(40)) };
    },
  };
  const github = { url: gitHubApi(pages), token, ...(pages === GITHUB_PAGES ? {} : { pages }) };
  const sites = { npm: { url: 'https://npm.example.com' }, github, gitlab: [] };
  const source = site === undefined ? REPOSITORY : { ...REPOSITORY, site };
  await gitHubRepository(source, { http, sites, privateToken: null }).findCommit(null);
  return [asked[0]?.url ?? '', asked[0]?.credential !== undefined];
}

test.each([
  ['github.com', undefined, 'https://github.com', 'https://api.github.com/repos/o/r/commits/HEAD', true],
  [
    'its own',
    'https://ghe.example.com',
    'https://ghe.example.com',
    'https://ghe.example.com/api/v3/repos/o/r/commits/HEAD',
    true,
  ],
  [
    'github.com beside its own',
    undefined,
    'https://ghe.example.com',
    'https://api.github.com/repos/o/r/commits/HEAD',
    false,
  ],
  [
    'another beside github.com',
    'https://ghe.example.com',
    'https://github.com',
    'https://ghe.example.com/api/v3/repos/o/r/commits/HEAD',
    false,
  ],
])(
  'the deployment’s token goes to the GitHub that it was configured for alone: %s',
  async (_title, site, pages, url, isSent) => {
    expect(await askedFor(site, pages)).toEqual([url, isSent]);
  },
);
