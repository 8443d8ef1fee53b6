import { checkForUpdates, type UpdateCheck } from './check-for-updates.ts';
import { fetchPlugin } from './fetch-plugin.ts';
import type { FetchedPlugin, SourceVersion } from './fetched-plugin.ts';
import { createHttpClient, type HttpClientDeps } from './http/http-client.ts';
import { type ParsedSource, parseSource } from './parse-source.ts';
import type { PluginSource } from './plugin-source.ts';
import type { Secret } from './secret.ts';
import type { SiteAccess } from './sites/site-access.ts';
import { type SourceSites, TOKEN_SITES, type TokenSite, withToken } from './source-sites.ts';

export interface PluginSourcesOptions extends HttpClientDeps {
  /** Sites and their tokens; `PUBLIC_SITES` are those that everybody uses. */
  sites: SourceSites;
  /** The deployment's token for a kind of site, asked for when one is needed; null when there is none. It wins over one that `sites` has. */
  readToken?(kind: TokenSite): Promise<Secret | null>;
}

/** Where plugins come from. Every error is a SourceError, for whoever installs the plugin; none has a token in it. */
export interface PluginSources {
  /** @see parseSource */
  parse(text: string): ParsedSource;
  /** @see fetchPlugin */
  fetch(source: PluginSource, privateToken?: Secret | null): Promise<FetchedPlugin>;
  /** @see checkForUpdates */
  check(installed: SourceVersion, last?: UpdateCheck | null, privateToken?: Secret | null): Promise<UpdateCheck | null>;
}

export function createPluginSources({ sites, readToken, ...deps }: PluginSourcesOptions): PluginSources {
  const http = createHttpClient(deps);
  const gitlabSites = sites.gitlab.map(({ url }) => url);
  const githubSites = sites.github.pages === undefined ? [] : [sites.github.pages];

  const accessTo = async ({ kind }: PluginSource, privateToken: Secret | null): Promise<SiteAccess> => {
    const site = TOKEN_SITES.find((name) => name === kind);
    const token = site === undefined || privateToken !== null ? null : ((await readToken?.(site)) ?? null);
    return { http, privateToken, sites: site === undefined || token === null ? sites : withToken(sites, site, token) };
  };

  return {
    parse: (text) => parseSource(text, { gitlabSites, githubSites }),
    fetch: async (source, privateToken = null) => fetchPlugin(source, await accessTo(source, privateToken)),
    check: async (installed, last = null, privateToken = null) =>
      checkForUpdates(installed, await accessTo(installed.source, privateToken), last),
  };
}
