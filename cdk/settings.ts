import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IngestionCompression, IngestionFormat } from '../shared/event/ingestion-format.ts';
import { INGESTION_COMPRESSIONS, INGESTION_FORMATS } from '../shared/event/ingestion-format.ts';
import { PLUGIN_SOURCES_SETTINGS, type PluginSourcesSettings } from './plugin-sources.ts';
import { problemsBetween } from './problems-between-settings.ts';
import type { Setting } from './setting.ts';
import { oneOf, text, wholeNumber, yesOrNo } from './setting.ts';

/** Settings of the edge from a queue to a function that runs plugins, and of the function behind it. */
export interface PluginFunctionSettings {
  batchSize: number;
  windowSeconds: number;
  maxConcurrency: number;
  memoryMegabytes: number;
  hookTimeoutSeconds: number;
  strikes: number;
  overheadSeconds: number;
  maxReceiveCount: number;
}

/** Settings of the edge from `tasks` to run-tasks, and of the function behind it. */
export interface RunTasksSettings extends PluginFunctionSettings {
  jobHopLimit: number;
}

/** Settings of the edge from `ingestion` to whoever consumes it. */
export interface IngestionSettings {
  visibilityTimeoutSeconds: number;
  maxReceiveCount: number;
}

export interface Settings {
  stackName: string;
  ingestionFormat: IngestionFormat;
  ingestionCompression: IngestionCompression;
  allowPrivateNetworks: boolean;
  geoipDatabase: string;
  adminApi: boolean;
  pluginSources: PluginSourcesSettings;
  logLevel: string;
  logRetentionDays: RetentionDays;
  captureHopLimit: number;
  processEvents: PluginFunctionSettings;
  deliverEvents: PluginFunctionSettings;
  ingestion: IngestionSettings;
  runTasks: RunTasksSettings;
}

/** The numbers of days CloudWatch Logs knows, 1 to 3,653. For ever is not among them. */
const RETENTION_DAYS = Object.values(RetentionDays).filter(
  (value): value is RetentionDays => typeof value === 'number' && value !== RetentionDays.INFINITE,
);

/** Every setting by the name it has in the context. docs/configuration.md says what each is for. */
export const SETTINGS = {
  // Queue names are `<stackName>-deliveries-dead-letters` at the longest: 80 characters − 24 = 56.
  stackName: text({
    standard: 'Hoglet',
    pattern: /^[A-Za-z][A-Za-z0-9-]{0,55}$/,
    allowed: 'a letter, then up to 55 letters, digits and hyphens',
  }),

  ingestionFormat: oneOf({ standard: 'packed', of: INGESTION_FORMATS }),

  // Every language reads gzip; zstd takes a fifth of its CPU. Measured in docs/adr/0003-compression.md.
  ingestionCompression: oneOf({ standard: 'gzip', of: INGESTION_COMPRESSIONS }),

  allowPrivateNetworks: yesOrNo({ standard: false }),

  geoipDatabase: text({
    standard: 'geoip/City.mmdb',
    pattern: /^geoip\/[A-Za-z0-9._-]{1,200}$/,
    allowed: 'geoip/ and then up to 200 letters, digits, dots, hyphens and underscores',
  }),

  adminApi: yesOrNo({ standard: true }),

  ...PLUGIN_SOURCES_SETTINGS,

  logLevel: oneOf({ standard: 'INFO', of: ['DEBUG', 'INFO', 'WARN', 'ERROR'] }),

  logRetentionDays: oneOf({ standard: RetentionDays.TWO_WEEKS, of: RETENTION_DAYS }),

  // A chain of plugins that react to one another is three or four long; ten rounds of a loop that doubles are some 2,000 events.
  captureHopLimit: wholeNumber({ standard: 10, least: 1, most: 1_000 }),

  /*
   * An invocation carries at most 6 MB. A packed message is a body of up to 64 KB and about 0.9 KB around it:
   * 50 × (65,536 + 900) = 3.3 MB with about 50 × 285 = 14,000 events, 7 s of CPU at 500 µs per event. Lone events
   * are about 2.5 KB each in an invocation: 50 of them share its fixed cost, $0.02 per million events.
   */
  'processEvents.batchSize': wholeNumber({ standard: 50, least: 1, most: 10_000 }),

  // Lambda wants 1 s or more for batches of more than 10. With little traffic it may wait up to 20 s all the same.
  'processEvents.windowSeconds': wholeNumber({ standard: 1, least: 0, most: 300 }),

  // AWS allows 2–1,000. Ten vCPUs at 500 µs per event are 20,000 events a second: a ceiling on cost, not on need.
  'processEvents.maxConcurrency': wholeNumber({ standard: 10, least: 2, most: 1_000 }),

  // 1,769 MB is one vCPU. AWS allows 128–10,240; two Node processes do not fit into less than 512.
  'processEvents.memoryMegabytes': wholeNumber({ standard: 1_769, least: 512, most: 10_240 }),

  // PostHog gives every hook 30 s.
  'processEvents.hookTimeoutSeconds': wholeNumber({ standard: 30, least: 1, most: 300 }),

  'processEvents.strikes': wholeNumber({ standard: 3, least: 1, most: 10 }),

  // A cold start, the registry, plugins' code, setupPlugin, and sending the results.
  'processEvents.overheadSeconds': wholeNumber({ standard: 30, least: 10, most: 300 }),

  // AWS advises 5 or more with Lambda: throttling alone uses up receives.
  'processEvents.maxReceiveCount': wholeNumber({ standard: 5, least: 1, most: 1_000 }),

  // Ten full messages are some 3,000 events, which a hook that takes 100 ms gets in half a minute, ten at a time.
  'deliverEvents.batchSize': wholeNumber({ standard: 10, least: 1, most: 10_000 }),

  // PostHog's exportEventsBufferSeconds was 10 when a plugin config said nothing.
  'deliverEvents.windowSeconds': wholeNumber({ standard: 10, least: 0, most: 300 }),

  'deliverEvents.maxConcurrency': wholeNumber({ standard: 10, least: 2, most: 1_000 }),

  'deliverEvents.memoryMegabytes': wholeNumber({ standard: 1_769, least: 512, most: 10_240 }),

  'deliverEvents.hookTimeoutSeconds': wholeNumber({ standard: 30, least: 1, most: 300 }),

  'deliverEvents.strikes': wholeNumber({ standard: 3, least: 1, most: 10 }),

  'deliverEvents.overheadSeconds': wholeNumber({ standard: 30, least: 10, most: 300 }),

  // What waits for a plugin that is not set up or slow is received again and again: 10 × 910 s are two and a half hours.
  'deliverEvents.maxReceiveCount': wholeNumber({ standard: 10, least: 1, most: 1_000 }),

  'ingestion.visibilityTimeoutSeconds': wholeNumber({ standard: 300, least: 0, most: 43_200 }),

  'ingestion.maxReceiveCount': wholeNumber({ standard: 5, least: 1, most: 1_000 }),

  // Tasks of one name run one after the other: five that take their full time would be all that fits into an invocation.
  'runTasks.batchSize': wholeNumber({ standard: 5, least: 1, most: 10_000 }),

  'runTasks.windowSeconds': wholeNumber({ standard: 0, least: 0, most: 300 }),

  'runTasks.maxConcurrency': wholeNumber({ standard: 5, least: 2, most: 1_000 }),

  'runTasks.memoryMegabytes': wholeNumber({ standard: 1_769, least: 512, most: 10_240 }),

  'runTasks.hookTimeoutSeconds': wholeNumber({ standard: 30, least: 1, most: 300 }),

  'runTasks.strikes': wholeNumber({ standard: 3, least: 1, most: 10 }),

  'runTasks.overheadSeconds': wholeNumber({ standard: 30, least: 10, most: 300 }),

  'runTasks.maxReceiveCount': wholeNumber({ standard: 5, least: 1, most: 1_000 }),

  // Enough for a plugin that pages through something; a row without end stops after some seconds.
  'runTasks.jobHopLimit': wholeNumber({ standard: 100, least: 0, most: 10_000 }),
} satisfies Record<string, Setting<unknown>>;

type SettingName = keyof typeof SETTINGS;

/**
 * Reads the settings out of the CDK context.
 *
 * @throws one error that lists every unknown name, every value that is not allowed and every sum above AWS's limits
 */
export function readSettings(context: Record<string, unknown>): Settings {
  const problems: string[] = [];
  const unknown = Object.keys(context).filter((key) => looksLikeOurs(key) && !Object.hasOwn(SETTINGS, key));
  if (unknown.length > 0) {
    problems.push(`names: got ${unknown.join(', ')}, allowed are ${Object.keys(SETTINGS).join(', ')}`);
  }

  function value<Name extends SettingName>(name: Name): (typeof SETTINGS)[Name]['standard'] {
    const setting: Setting<(typeof SETTINGS)[Name]['standard']> = SETTINGS[name];
    const raw = context[name];
    if (raw === undefined) return setting.standard;
    const parsed = setting.parse(raw);
    if (parsed !== undefined) return parsed;
    problems.push(`${name}: got ${JSON.stringify(raw)}, allowed is ${setting.allowed}`);
    return setting.standard;
  }

  function pluginFunction(name: 'processEvents' | 'deliverEvents'): PluginFunctionSettings {
    return {
      batchSize: value(`${name}.batchSize`),
      windowSeconds: value(`${name}.windowSeconds`),
      maxConcurrency: value(`${name}.maxConcurrency`),
      memoryMegabytes: value(`${name}.memoryMegabytes`),
      hookTimeoutSeconds: value(`${name}.hookTimeoutSeconds`),
      strikes: value(`${name}.strikes`),
      overheadSeconds: value(`${name}.overheadSeconds`),
      maxReceiveCount: value(`${name}.maxReceiveCount`),
    };
  }

  const settings: Settings = {
    stackName: value('stackName'),
    ingestionFormat: value('ingestionFormat'),
    ingestionCompression: value('ingestionCompression'),
    allowPrivateNetworks: value('allowPrivateNetworks'),
    geoipDatabase: value('geoipDatabase'),
    adminApi: value('adminApi'),
    pluginSources: {
      npmUrl: value('pluginSources.npmUrl'),
      githubUrl: value('pluginSources.githubUrl'),
      gitlabUrl: value('pluginSources.gitlabUrl'),
      privateHosts: value('pluginSources.privateHosts'),
    },
    logLevel: value('logLevel'),
    logRetentionDays: value('logRetentionDays'),
    captureHopLimit: value('captureHopLimit'),
    processEvents: pluginFunction('processEvents'),
    deliverEvents: pluginFunction('deliverEvents'),
    ingestion: {
      visibilityTimeoutSeconds: value('ingestion.visibilityTimeoutSeconds'),
      maxReceiveCount: value('ingestion.maxReceiveCount'),
    },
    runTasks: {
      batchSize: value('runTasks.batchSize'),
      windowSeconds: value('runTasks.windowSeconds'),
      maxConcurrency: value('runTasks.maxConcurrency'),
      memoryMegabytes: value('runTasks.memoryMegabytes'),
      hookTimeoutSeconds: value('runTasks.hookTimeoutSeconds'),
      strikes: value('runTasks.strikes'),
      overheadSeconds: value('runTasks.overheadSeconds'),
      maxReceiveCount: value('runTasks.maxReceiveCount'),
      jobHopLimit: value('runTasks.jobHopLimit'),
    },
  };

  for (const name of ['processEvents', 'deliverEvents', 'runTasks'] as const)
    problems.push(...problemsBetween(name, settings[name]));
  if (problems.length > 0) {
    throw new Error(['The settings in the CDK context cannot be used:', ...problems].join('\n  - '));
  }
  return settings;
}

/** The CDK's own keys all carry a sign that no setting of ours has: `:`, `/`, `@` or `-`. */
function looksLikeOurs(key: string): boolean {
  return (
    /^[A-Za-z][A-Za-z0-9.]*$/.test(key) || /^(processEvents|deliverEvents|ingestion|runTasks|pluginSources)\b/.test(key)
  );
}
