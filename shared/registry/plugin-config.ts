/** A project: what PostHog calls a team. Its id travels as `team_id`. */
export interface Project {
  id: number;
  name: string;
  /** With what clients send events to it: `phc_…`. */
  token?: string;
  /** Whether events lose the address they came from. */
  anonymizeIps?: boolean;
  /** Of the IANA database, for example `Europe/Berlin`. */
  timezone?: string;
  /** Where `posthog.api` finds PostHog, without a slash at the end. */
  posthogHost?: string;
  /** The project's token there, when it is another one than here. */
  posthogProjectKey?: string;
  /** Sealed: with what `posthog.api` speaks to PostHog. */
  personalApiKey?: string;
}

/** A plugin, in the version that is to run. */
export interface Plugin {
  id: number;
  name: string;
  /** Counts what was installed of it, from 1. */
  version?: number;
  /** sha256, hex, of the built code: the key of the code in the assets bucket. */
  codeHash: string;
}

/** The error a plugin config shows to its owner: the latest one, and what it happened on. */
export interface PluginConfigError {
  /** PostHog's name of the error, for example `TypeError` or `TimeoutError`. */
  name: string;
  message: string;
  stack?: string;
  /** ISO 8601. */
  time: string;
  /** The hook that failed, or `load` when the code did not evaluate. */
  hook: string;
  /** The event it failed on, when there was one: enough to find it, nothing private. */
  event?: { uuid: string; event: string };
}

/** What a plugin can do, by the names of its exports. */
export interface PluginCapabilities {
  methods: string[];
  jobs: string[];
  scheduledTasks: string[];
}

/** How a declared metric's values become one. */
export type PluginMetricOperation = 'sum' | 'max' | 'min';

/** Where a plugin config stands whose `setupPlugin` asked to be tried again; shared by all execution environments. */
export interface SetupAttempts {
  /** The plugin config's revision that was tried: another one begins anew. */
  revision: number;
  /** Attempts that have begun. */
  made: number;
  /** When the next attempt is due, milliseconds since 1970. Whoever begins it moves this on first, so that its end need not be awaited. */
  nextAt: number;
}

/** A plugin installed in a project. */
export interface PluginConfig {
  id: number;
  /** The project's id. */
  teamId: number;
  plugin: Plugin;
  enabled: boolean;
  /** Grows with every change of this item, so that a late decision cannot undo a newer one. */
  revision: number;
  /** Place in the project's chain, ascending; equal places keep the order of their ids. */
  order: number;
  /** The values the user entered, all as entered, but for secrets: plugins get them as `meta.config`. */
  config: Record<string, unknown>;
  /** Values of secret fields, sealed, by field key. */
  secrets?: Record<string, string>;
  /** Files the user uploaded for `attachment` fields, by field key. */
  attachments: Record<string, PluginAttachment>;
  /**
   * Hosts that the plugin may connect to: `api.example.com`, `*.example.com`, an address, each with or without `:port`.
   * Absent: all that are public.
   */
  allowedHosts?: string[];
  error?: PluginConfigError;
  setup?: SetupAttempts;
  /** As of the last successful load, like `metrics`; absent before the first. */
  capabilities?: PluginCapabilities;
  /** The metrics that the plugin declares, by name. */
  metrics?: Record<string, PluginMetricOperation>;
}

/** A file of a plugin config, by reference: the bytes lie in the assets bucket. */
export interface PluginAttachment {
  contentType: string;
  fileName: string;
  /** Key in the assets bucket, made from the hash of the content. */
  key: string;
}
