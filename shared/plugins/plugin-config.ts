/** A project: what PostHog calls a team. Its id travels as `team_id`. */
export interface Project {
  id: number;
  name: string;
}

/** A plugin: code and manifest, versioned by the content hash of what an author wrote. */
export interface Plugin {
  id: number;
  name: string;
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

/** A plugin installed in a project. */
export interface PluginConfig {
  id: number;
  /** The project's id. */
  teamId: number;
  plugin: Plugin;
  enabled: boolean;
  /** Grows with every change of this item, so that a late decision cannot undo a newer one. */
  revision: number;
  /** Position in the project's chain, ascending; equal orders keep the order of their ids. */
  order: number;
  /** The values the user entered, all as entered: plugins get them as `meta.config`. */
  config: Record<string, unknown>;
  /** Files the user uploaded for `attachment` fields, by field key. */
  attachments: Record<string, PluginAttachment>;
  /**
   * Hosts that the plugin may connect to: `api.example.com`, `*.example.com`, an address, each with or without `:port`.
   * Absent: all that are public.
   */
  allowedHosts?: string[];
  error?: PluginConfigError;
}

/** A file of a plugin config, by reference: the bytes lie in the assets bucket. */
export interface PluginAttachment {
  contentType: string;
  fileName: string;
  /** Key in the assets bucket. */
  key: string;
}
