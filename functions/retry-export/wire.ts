import { readObject } from '../../shared/aws/read-object.ts';
import { buryExport } from '../exports/bury-export.ts';
import { tellOfBurial } from '../exports/tell-of-burial.ts';
import { createPluginRuntime } from '../plugin-runtime.ts';
import type { Configuration } from './configuration.ts';
import { createRetryExport } from './index.ts';

/** Puts retry-export together; the parameters are as in `PluginRuntimeOptions`. */
export function wireRetryExport(
  configuration: Configuration,
  environment: Record<string, string | undefined>,
  sandboxEntry: string,
) {
  const runtime = createPluginRuntime({ functionName: 'retry-export', configuration, environment, sandboxEntry });
  const { clients, sendTo, measure } = runtime;
  return runtime.endable(
    createRetryExport({
      ...runtime,
      readObject: (key) => readObject(clients.s3, configuration.HOGLET_ASSETS_BUCKET, key),
      async bury(failed) {
        await buryExport(failed, sendTo(configuration.HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL));
        tellOfBurial(failed, runtime);
      },
      reportMetrics: measure,
    }),
  );
}
