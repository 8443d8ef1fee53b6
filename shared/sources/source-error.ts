/** Why a plugin cannot be had: code, what it means, and whether the same request may succeed later. */
export const SOURCE_ERRORS = {
  unknown_source: { meaning: 'The text names no source that there is', mayPass: false },
  not_found: {
    meaning: 'There is no such package, repository, version, branch, folder or file, or it is private',
    mayPass: false,
  },
  unauthorised: { meaning: 'The token was not accepted, or may not read it', mayPass: false },
  rate_limited: { meaning: 'The site takes no more requests for now', mayPass: true },
  unreachable: { meaning: 'The site did not answer, or answered with an error of its own', mayPass: true },
  refused_address: {
    meaning: 'The URL leads to where Hoglet does not go: private addresses, plain HTTP',
    mayPass: false,
  },
  too_large: { meaning: 'The download is larger than a plugin may be', mayPass: false },
  damaged: { meaning: 'What arrived is not what was announced, twice', mayPass: true },
  bad_archive: { meaning: 'The archive cannot be unpacked, or is not let in', mayPass: false },
  bad_plugin: { meaning: 'plugin.json or the code is wrong', mayPass: false },
} as const satisfies Record<string, { meaning: string; mayPass: boolean }>;

export type SourceErrorCode = keyof typeof SOURCE_ERRORS;

export interface SourceErrorOptions {
  /** Null: nobody said. */
  retryAt?: number | null;
  /** Where it is not as the code says. */
  mayPass?: boolean;
  cause?: unknown;
}

/** A plugin that cannot be had. Its message is for whoever installs it, and never has a token in it. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;
  /** When to try again, milliseconds since 1970; only where the site said it. */
  readonly retryAt: number | undefined;
  /** The same request may succeed later. */
  readonly mayPass: boolean;

  constructor(code: SourceErrorCode, message: string, options: SourceErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryAt = options.retryAt ?? undefined;
    this.mayPass = options.mayPass ?? SOURCE_ERRORS[code].mayPass;
  }
}
