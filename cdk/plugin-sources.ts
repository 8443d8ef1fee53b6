import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { text } from './setting.ts';

/** Where plugins come from. */
export interface PluginSourcesSettings {
  npmUrl: string;
  githubUrl: string;
  gitlabUrl: string;
  privateHosts: string;
}

const ORIGIN = 'https?://[A-Za-z0-9.-]+(?::\\d{1,5})?';
const HOST = '[A-Za-z0-9.-]+(?::\\d{1,5})?';
const origin = (standard: string) =>
  text({
    standard,
    pattern: new RegExp(`^${ORIGIN}$`),
    allowed: 'https:// or http://, a host, and a port if it has one',
  });

/** Rows of the table of settings. */
export const PLUGIN_SOURCES_SETTINGS = {
  'pluginSources.npmUrl': text({
    standard: 'https://registry.npmjs.org',
    pattern: new RegExp(`^${ORIGIN}(?:/[A-Za-z0-9._~-]+)*$`),
    allowed: 'https:// or http://, a host, and a port and a path if it has them',
  }),

  'pluginSources.githubUrl': origin('https://github.com'),

  'pluginSources.gitlabUrl': origin('https://gitlab.com'),

  'pluginSources.privateHosts': text({
    standard: 'none',
    pattern: new RegExp(`^${HOST}(?:,${HOST})*$`),
    allowed: 'none, or hosts with their ports and commas between them: git.example.com,10.0.0.5:8080',
  }),
};

/** Tells a function where plugins come from. */
export function tellPluginSources(fn: LambdaFunction, settings: PluginSourcesSettings): void {
  fn.addEnvironment('HOGLET_SOURCES_NPM_URL', settings.npmUrl);
  fn.addEnvironment('HOGLET_SOURCES_GITHUB_URL', settings.githubUrl);
  fn.addEnvironment('HOGLET_SOURCES_GITLAB_URL', settings.gitlabUrl);
  fn.addEnvironment('HOGLET_SOURCES_PRIVATE_HOSTS', settings.privateHosts);
}
