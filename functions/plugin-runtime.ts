import { randomBytes, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Context } from 'aws-lambda';
import { embeddedMetrics } from '../shared/aws/embedded-metrics.ts';
import { createObjectBucket } from '../shared/aws/object-bucket.ts';
import { putObject } from '../shared/aws/put-object.ts';
import { readObjectIfChanged } from '../shared/aws/read-object.ts';
import { createSecretReader } from '../shared/aws/secret-value.ts';
import { followRegistry } from '../shared/host/follow-registry.ts';
import { createGeoip } from '../shared/host/geoip.ts';
import { type HostSettings, hostOptions } from '../shared/host/host-settings.ts';
import { createPluginHost } from '../shared/host/plugin-host.ts';
import { createServices } from '../shared/host/services.ts';
import { createRegistryErrors } from '../shared/registry/registry-errors.ts';
import { createRegistryReader } from '../shared/registry/registry-reader.ts';
import { createRegistrySetups } from '../shared/registry/registry-setups.ts';
import { openSecrets } from '../shared/registry/seal-contents.ts';
import { createDataKeys } from '../shared/secrets/data-keys.ts';
import { createSecrets } from '../shared/secrets/secrets.ts';
import { createJobsStore } from '../shared/state/jobs-store.ts';
import { createLaterJobs } from '../shared/state/later-jobs.ts';
import { createPluginLogStore } from '../shared/state/plugin-log-store.ts';
import { createPluginMetricsStore } from '../shared/state/plugin-metrics-store.ts';
import { createPluginState } from '../shared/state/plugin-state.ts';
import { tableWithin } from '../shared/state/table-within.ts';
import { createApiPort } from './api-port.ts';
import { createCapturesPort } from './captures-port.ts';
import { createFunctionRuntime } from './function-runtime.ts';
import { createJobsPort, type JobHops } from './jobs-port.ts';
import { createFunctionLifecycle } from './lifecycle/function-lifecycle.ts';
import type { PluginEnvironment } from './plugin-environment.ts';
import { createPluginReports } from './plugin-reports/plugin-reports.ts';
import { createPluginErrorRecorder } from './plugin-reports/record-plugin-errors.ts';
import { createHopLimitTeller } from './tell-of-hop-limit.ts';
import type { EndableHandler } from './with-shutdown.ts';

export interface PluginRuntimeOptions {
  functionName: string;
  configuration: PluginEnvironment;
  environment: Record<string, string | undefined>;
  /** The bundle of the plugin host's child; its folder, with `libraries/` in it, is all that it may read. */
  sandboxEntry: string;
  /** What comes out of chains; a function that runs none leaves it out. */
  output?: Pick<HostSettings, 'format' | 'compression'>;
  /** A function that runs no jobs leaves it out. */
  jobHops?: Omit<JobHops, 'onLimit'>;
}

/** What is kept of the function's time for answering, when all is recorded, milliseconds. */
const ANSWER_MILLISECONDS = 500;
/** What no state call may take of an invocation: the 5 s that handlers keep for what comes after plugins, and a second to hear that it failed. */
const STATE_RESERVE_MILLISECONDS = 6000;

/** What every function that runs plugins is made of: a plugin host that follows the registry, and what it takes to tell what happened. */
export function createPluginRuntime(options: PluginRuntimeOptions) {
  const { functionName, configuration, environment, sandboxEntry } = options;
  const clock = () => performance.now();
  const runtime = createFunctionRuntime(functionName, configuration.HOGLET_LOG_LEVEL, environment);
  const { clients, logger, invocation, sleep, now, sendTo, writeMetricLine } = runtime;
  const deadline = () => invocation.endsAt() - STATE_RESERVE_MILLISECONDS;
  const warn = (message: string, details: Record<string, unknown>) => logger.warn(message, details);

  const { dynamodb, s3 } = clients;
  const table = configuration.HOGLET_REGISTRY_TABLE;
  const bucket = configuration.HOGLET_ASSETS_BUCKET;
  const readSecret = createSecretReader({
    secretId: configuration.HOGLET_SECRETS_KEY,
    endpoint: environment['AWS_ENDPOINT_URL_SECRETS_MANAGER'],
  });
  const secrets = createSecrets({ keys: createDataKeys({ readSecret, clock }), randomBytes });
  const registry = {
    ...createRegistryReader({ dynamodb, s3, table, bucket }),
    ...createRegistryErrors({ dynamodb, table }),
    ...createRegistrySetups({ dynamodb, table }),
    openSecrets: (config: Parameters<typeof openSecrets>[1]) => openSecrets(secrets, config),
  };
  const geoip = createGeoip({
    readDatabase: (tag) => readObjectIfChanged(s3, bucket, configuration.HOGLET_GEOIP_DATABASE, tag),
    now,
    warn,
  });
  const inState = { dynamodb, table: configuration.HOGLET_STATE_TABLE, now, sleep };
  const state = createPluginState({
    ...inState,
    bucket: createObjectBucket(s3, bucket),
    deadline,
    newId: randomUUID,
    random: Math.random,
  });

  const instanceId = randomUUID();
  const reports = createPluginReports({
    functionName,
    logger,
    writeMetricLine,
    logStore: createPluginLogStore({ instanceId, now }),
    metricsStore: createPluginMetricsStore({ functionName, instanceId, now }),
    tableWithin: (limitMilliseconds) => tableWithin(inState, limitMilliseconds),
    now,
  });
  const { log, measure } = reports;
  const lifecycle = createFunctionLifecycle({
    ...runtime,
    functionName,
    clock,
    bus: configuration.HOGLET_LIFECYCLE_BUS,
    endpoint: environment['AWS_ENDPOINT_URL_EVENTBRIDGE'],
  });
  const { tell } = lifecycle;
  const tellOfHopLimit = createHopLimitTeller({
    functionName,
    log,
    writeMetricLine,
    tell,
    findPlugin: (id) => plugins.find(id),
    now,
  });
  const jobsStore = createJobsStore({
    send: sendTo(configuration.HOGLET_TASKS_QUEUE_URL),
    later: createLaterJobs({ ...inState, deadline }),
    putObject: (key, content) => putObject(s3, bucket, key, content),
    now,
  });
  const { jobHops } = options;
  const jobs = createJobsPort({
    store: jobsStore,
    hops: jobHops && {
      ...jobHops,
      onLimit({ plugin, name }) {
        const message = `The job "${name}" was not enqueued: ${jobHops.limit} jobs have led to one another at once. Let it wait for a second or more, or end the row.`;
        tellOfHopLimit({ kind: 'job', plugin, name, limit: jobHops.limit, message, count: 1 });
      },
    },
    now,
    newId: randomUUID,
  });
  const captures = createCapturesPort({
    send: sendTo(configuration.HOGLET_EVENTS_QUEUE_URL),
    limit: configuration.HOGLET_CAPTURE_HOP_LIMIT,
    onLimit: (refused) =>
      tellOfHopLimit({ kind: 'capture', limit: configuration.HOGLET_CAPTURE_HOP_LIMIT, ...refused }),
    onCaptured(plugin, count) {
      const metrics = embeddedMetrics(now(), { function: functionName, pluginConfig: String(plugin) });
      writeMetricLine(metrics({ EventsCaptured: { value: count, unit: 'Count' } }));
      measure({ counts: [{ plugin, name: 'EventsCaptured', value: count }] });
    },
  });

  const host = createPluginHost(
    hostOptions(
      {
        hookTimeoutSeconds: configuration.HOGLET_HOOK_TIMEOUT_SECONDS,
        strikes: configuration.HOGLET_STRIKES,
        heapMegabytes: configuration.HOGLET_PLUGIN_HEAP_MEGABYTES,
        allowPrivateNetworks: configuration.HOGLET_ALLOW_PRIVATE_NETWORKS,
        ...(options.output ?? { format: 'packed', compression: { algorithm: 'none' } }),
      },
      {
        entry: sandboxEntry,
        readablePaths: [dirname(sandboxEntry)],
        librariesFolder: join(dirname(sandboxEntry), 'libraries'),
      },
      createServices({
        ...state,
        jobs,
        captures,
        geoip,
        api: createApiPort({ findProject: (id) => plugins.findProject(id), secrets }),
        warn,
      }),
      clock,
    ),
  );
  const plugins = followRegistry({
    registry,
    host,
    instanceId,
    now,
    log,
    tell,
    async onReport(report) {
      measure(report);
      await recordPluginErrors(report);
    },
    warn,
  });
  const recordPluginErrors = createPluginErrorRecorder({ registry, plugins, log, logger, tell, now });

  /**
   * Makes the handler, after which, and before anything is acknowledged, what plugins said and measured is stored, and what tears all plugins down at
   * the end, which takes no longer than its limit, and no time in the middle of an invocation.
   */
  const endable = <Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) => {
    let underWay = 0;
    const counted = async (event: Event, context: Context) => {
      underWay++;
      try {
        return await handle(event, context);
      } finally {
        await Promise.all([
          reports.keep(context.getRemainingTimeInMillis() - ANSWER_MILLISECONDS),
          lifecycle.flush(context),
        ]);
        underWay--;
      }
    };
    const tearDown = async (limitMilliseconds: number) => {
      const end = clock() + limitMilliseconds;
      await plugins.tearDown(limitMilliseconds);
      await reports.keep(end - clock());
    };
    return {
      handler: runtime.handler(counted),
      tearDown: (limitMilliseconds: number) => (underWay > 0 ? host.stop() : tearDown(limitMilliseconds)),
    } satisfies EndableHandler<unknown>;
  };

  return {
    host,
    plugins,
    clients,
    invocation,
    jobsStore,
    log,
    measure,
    logger,
    tell,
    warn,
    recordPluginErrors,
    sendTo,
    writeMetricLine,
    endable,
    clock,
    now,
  };
}
