import { z } from 'zod';
import type { SourceTokens } from '../shared/registry/source-tokens.ts';
import type { PluginSourcesOptions } from '../shared/sources/plugin-sources.ts';
import { createSecret } from '../shared/sources/secret.ts';
import { GITHUB_PAGES, gitHubApi } from '../shared/sources/source-sites.ts';

const url = z.url('a URL is expected');

/** Where a function fetches plugins from. */
export const SOURCE_ENVIRONMENT = z.object({
  HOGLET_SOURCES_NPM_URL: url,
  HOGLET_SOURCES_GITHUB_URL: url,
  HOGLET_SOURCES_GITLAB_URL: url,
  /** With commas between, or `none`. */
  HOGLET_SOURCES_PRIVATE_HOSTS: z.string(),
});

/** The sites that the deployment has chosen, and their tokens, as its administrators have set them. */
export function sourcesOf(
  environment: z.infer<typeof SOURCE_ENVIRONMENT>,
  tokens: Pick<SourceTokens, 'read'>,
): Pick<PluginSourcesOptions, 'sites' | 'allowedHosts' | 'readToken'> {
  const pages = environment.HOGLET_SOURCES_GITHUB_URL;
  const hosts = environment.HOGLET_SOURCES_PRIVATE_HOSTS;
  return {
    sites: {
      npm: { url: environment.HOGLET_SOURCES_NPM_URL },
      github: { url: gitHubApi(pages), ...(pages === GITHUB_PAGES ? {} : { pages }) },
      gitlab: [{ url: environment.HOGLET_SOURCES_GITLAB_URL }],
    },
    allowedHosts: hosts === 'none' ? [] : hosts.split(','),
    async readToken(site) {
      const token = await tokens.read(site);
      return token === null ? null : createSecret(token);
    },
  };
}
