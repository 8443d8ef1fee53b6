import {
  createPluginSources,
  type PluginSources,
  type PluginSourcesOptions,
} from '../../../shared/sources/plugin-sources.ts';
import { createSecret } from '../../../shared/sources/secret.ts';
import { type GitHubServer, startGitHubServer } from './github-server.ts';
import { type GitLabServer, startGitLabServer } from './gitlab-server.ts';
import { type NpmRegistry, startNpmRegistry } from './npm-registry.ts';
import { type SourceAnswer, type SourceServer, startSourceServer } from './source-server.ts';

/** All sites that plugins come from, on loopback. */
export interface SourceSitesOnLoopback extends AsyncDisposable {
  npm: NpmRegistry;
  github: GitHubServer;
  gitlab: GitLabServer;
  /** Plain archives and other answers, by path. */
  files: SourceServer & { answers: Map<string, SourceAnswer> };
  /** Hosts for `allowedHosts`. */
  hosts: string[];
  /** What was said about repeated requests. */
  warnings: unknown[];
  /** Waits that were asked for, milliseconds; none of them was waited for. */
  waits: number[];
  /** Sources that come from here. Tokens by site, where it has one. */
  sources(options?: {
    tokens?: Partial<Record<'npm' | 'github' | 'gitlab', string>>;
    now?: () => number;
    allowedHosts?: string[];
  }): PluginSources;
}

export async function startSourceSites(): Promise<SourceSitesOnLoopback> {
  const answers = new Map<string, SourceAnswer>();
  const [npm, github, gitlab, fileServer] = await Promise.all([
    startNpmRegistry(),
    startGitHubServer(),
    startGitLabServer(),
    startSourceServer(({ path }) => answers.get(path) ?? null),
  ]);
  const hosts = [npm, github, github.codeload, gitlab, fileServer].map(({ host }) => host);
  const warnings: unknown[] = [];
  const waits: number[] = [];
  return {
    npm,
    github,
    gitlab,
    files: { ...fileServer, answers },
    hosts,
    warnings,
    waits,
    sources({ tokens = {}, now = Date.now, allowedHosts = hosts } = {}) {
      const site = (url: string, token: string | undefined) =>
        token === undefined ? { url } : { url, token: createSecret(token) };
      const options: PluginSourcesOptions = {
        sites: {
          npm: site(npm.url, tokens.npm),
          github: site(github.url, tokens.github),
          gitlab: [site(gitlab.url, tokens.gitlab)],
        },
        allowedHosts,
        now,
        sleep: async (milliseconds) => void waits.push(milliseconds),
        warn: (message, details) => void warnings.push([message, details]),
      };
      return createPluginSources(options);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([npm, github, gitlab, fileServer].map((server) => server.close()));
    },
  };
}
