import { checkForUpdates, type UpdateCheck } from './check-for-updates.ts';
import { fetchPlugin } from './fetch-plugin.ts';
import type { FetchedPlugin, SourceVersion } from './fetched-plugin.ts';
import { createHttpClient, type HttpClientDeps } from './http/http-client.ts';
import { type ParsedSource, parseSource } from './parse-source.ts';
import type { PluginSource } from './plugin-source.ts';
import type { Secret } from './secret.ts';
import type { SourceSites } from './source-sites.ts';

export interface PluginSourcesOptions extends HttpClientDeps {
  /** Sites and their tokens; `PUBLIC_SITES` are those that everybody uses. */
  sites: SourceSites;
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

export function createPluginSources({ sites, ...deps }: PluginSourcesOptions): PluginSources {
  const http = createHttpClient(deps);
  const gitlabSites = sites.gitlab.map(({ url }) => url);
  return {
    parse: (text) => parseSource(text, { gitlabSites }),
    fetch: (source, privateToken = null) => fetchPlugin(source, { http, sites, privateToken }),
    check: (installed, last = null, privateToken = null) =>
      checkForUpdates(installed, { http, sites, privateToken }, last),
  };
}
