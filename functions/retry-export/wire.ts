import { readObject } from '../../shared/aws/read-object.ts';
import { buryExport } from '../exports/bury-export.ts';
import { tellOfBurial } from '../exports/tell-of-burial.ts';
import { pluginMetricLines } from '../plugin-reports/plugin-metrics.ts';
import { createPluginRuntime } from '../plugin-runtime.ts';
import type { Configuration } from './configuration.ts';
import { createRetryExport } from './index.ts';

const FUNCTION = 'retry-export';

/** Puts retry-export together; the parameters are as in `PluginRuntimeOptions`. */
export function wireRetryExport(
  configuration: Configuration,
  environment: Record<string, string | undefined>,
  sandboxEntry: string,
) {
  const runtime = createPluginRuntime({ functionName: FUNCTION, configuration, environment, sandboxEntry });
  const { clients, sendTo, writeMetricLine, now } = runtime;
  return runtime.endable(
    createRetryExport({
      ...runtime,
      readObject: (key) => readObject(clients.s3, configuration.HOGLET_ASSETS_BUCKET, key),
      async bury(failed) {
        await buryExport(failed, sendTo(configuration.HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL));
        tellOfBurial(failed, runtime);
      },
      reportMetrics: (measured) => pluginMetricLines(measured, now(), FUNCTION).forEach(writeMetricLine),
    }),
  );
}
