import { putObject } from '../../shared/aws/put-object.ts';
import { createStateMachine } from '../../shared/aws/state-machine.ts';
import { buryExport } from '../exports/bury-export.ts';
import { startRetry } from '../exports/start-retry.ts';
import { tellOfBurial } from '../exports/tell-of-burial.ts';
import { createPluginRuntime } from '../plugin-runtime.ts';
import type { Configuration } from './configuration.ts';
import { createDeliverEvents } from './index.ts';
import { createDeliveryReporter } from './report-deliveries.ts';

/** Puts deliver-events together; the parameters are as in `PluginRuntimeOptions`. */
export function wireDeliverEvents(
  configuration: Configuration,
  environment: Record<string, string | undefined>,
  sandboxEntry: string,
) {
  const runtime = createPluginRuntime({ functionName: 'deliver-events', configuration, environment, sandboxEntry });
  const { clients, invocation, sendTo, measure, writeMetricLine, now } = runtime;
  const stateMachine = createStateMachine(
    configuration.HOGLET_EXPORT_RETRY_STATE_MACHINE,
    environment['AWS_ENDPOINT_URL_SFN'],
    invocation.signal,
  );
  const put = (key: string, content: Uint8Array) =>
    putObject(clients.s3, configuration.HOGLET_ASSETS_BUCKET, key, content);
  return runtime.endable(
    createDeliverEvents({
      ...runtime,
      sendOn: sendTo(configuration.HOGLET_DELIVERIES_QUEUE_URL),
      startRetry: (failed) => startRetry(failed, { putObject: put, stateMachine }),
      async bury(failed) {
        await buryExport(failed, sendTo(configuration.HOGLET_DELIVERIES_DEAD_LETTER_QUEUE_URL));
        tellOfBurial(failed, runtime);
      },
      report: createDeliveryReporter(writeMetricLine, measure, now),
    }),
  );
}
