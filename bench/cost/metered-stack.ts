import { watchServer } from '../../local/servers/watch-server.ts';
import { type LocalStack, startLocalStack } from '../../local/start-local-stack.ts';
import type { Clock } from '../../local/time/clock.ts';
import { type AwsClients, createAwsClients } from '../../shared/aws/clients.ts';
import { buildPlugin } from '../../shared/plugins/build.ts';
import { defaultConfig } from '../../shared/plugins/manifest.ts';
import { createRegistryWriter } from '../../shared/registry/registry-writer.ts';
import type { ChainPlugin } from './chains.ts';
import { createMeter, type Meter } from './meter.ts';

/** The embedded stack with a meter at everything that AWS would ask money for. */
export interface MeteredStack extends AsyncDisposable {
  stack: LocalStack;
  aws: AwsClients;
  meter: Meter;
  /** What went wrong in a way that no request shows. */
  problems: string[];
  /** Puts a project with these plugins, in this order, into the registry. */
  install(plugins: ChainPlugin[]): Promise<void>;
}

/** The project that all events of the load belong to. */
const PROJECT = { id: 1, name: 'Cost' };

export async function startMeteredStack(assemblyDirectory: string, clock?: Clock): Promise<MeteredStack> {
  const meter = createMeter();
  const problems: string[] = [];
  const stack = await startLocalStack({
    assemblyDirectory,
    ...(clock === undefined ? {} : { clock }),
    inFront: (server) => watchServer(server, meter.watcher),
    onReport: meter.onReport,
    onTransition: meter.onTransition,
    onLogLine: meter.onLogLine,
    onProblem: (problem) => void problems.push(problem),
  });
  const aws = createAwsClients(stack);
  return {
    stack,
    aws,
    meter,
    problems,
    async install(plugins) {
      const { dynamodb, s3 } = aws;
      const [table = '', bucket = ''] = [stack.outputs['RegistryTableName'], stack.outputs['AssetsBucketName']];
      const registry = createRegistryWriter({ dynamodb, s3, table, bucket, now: clock?.now ?? Date.now });
      for (const [index, { files, config }] of plugins.entries()) {
        const id = index + 1;
        const built = await buildPlugin(files);
        await registry.putPlugin(id, built);
        await registry.putPluginConfig({
          id,
          teamId: PROJECT.id,
          pluginId: id,
          enabled: true,
          order: id,
          attachments: {},
          config: { ...defaultConfig(built.manifest), ...config },
        });
      }
      await registry.putProject(PROJECT);
    },
    async [Symbol.asyncDispose]() {
      aws.destroy();
      await stack.stop();
    },
  };
}
