export interface StartFlags {
  /** Empties queues, tables, buckets and logs first. */
  fresh: boolean;
  /** Prints one line of JSON instead of text for people. */
  json: boolean;
}

const FLAGS = { '--fresh': 'fresh', '--json': 'json' } as const;

/** @throws naming every flag that is not known, and those that are */
export function readStartFlags(args: readonly string[]): StartFlags {
  const unknown = args.filter((arg) => !Object.hasOwn(FLAGS, arg));
  if (unknown.length > 0) {
    throw new Error(`Unknown: ${unknown.join(' ')}. Allowed are ${Object.keys(FLAGS).join(' and ')}`);
  }
  return { fresh: args.includes('--fresh'), json: args.includes('--json') };
}
