import { randomBytes, randomUUID } from 'node:crypto';
import { createSecretReader } from '../../shared/aws/secret-value.ts';
import { createInstalledPlugins } from '../../shared/registry/installed-plugins.ts';
import { createSourceTokens } from '../../shared/registry/source-tokens.ts';
import { createDataKeys } from '../../shared/secrets/data-keys.ts';
import { createSecrets } from '../../shared/secrets/secrets.ts';
import { createPluginSources } from '../../shared/sources/plugin-sources.ts';
import { checkPlugin } from '../check-plugin.ts';
import { createFunctionRuntime } from '../function-runtime.ts';
import { sourcesOf } from '../source-environment.ts';
import type { Configuration } from './configuration.ts';
import { createCheckUpdates } from './index.ts';

/** Puts check-updates together. */
export function wireCheckUpdates(configuration: Configuration, environment: Record<string, string | undefined>) {
  const runtime = createFunctionRuntime('check-updates', configuration.HOGLET_LOG_LEVEL, environment);
  const { clients, logger, now, sleep } = runtime;
  const readSecret = createSecretReader({
    secretId: configuration.HOGLET_SECRETS_KEY,
    endpoint: environment['AWS_ENDPOINT_URL_SECRETS_MANAGER'],
  });
  const base = {
    dynamodb: clients.dynamodb,
    table: configuration.HOGLET_REGISTRY_TABLE,
    now,
    newId: randomUUID,
    secrets: createSecrets({ keys: createDataKeys({ readSecret, clock: () => performance.now() }), randomBytes }),
  };
  const warn = (message: string, details: Record<string, unknown>) => logger.warn(message, details);
  const plugins = createInstalledPlugins(base);
  const sources = createPluginSources({ ...sourcesOf(configuration, createSourceTokens(base)), now, sleep, warn });
  return runtime.handler(
    createCheckUpdates({
      listPlugins: plugins.list,
      check: (plugin) => checkPlugin({ plugins, sources, now }, plugin),
      log: (message, details) => logger.info(message, details),
      warn,
    }),
  );
}
