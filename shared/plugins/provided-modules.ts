/** What plugins can import without bringing it along; it goes before a package of that name that a plugin brings. */
export const PROVIDED_MODULES: ReadonlySet<string> = new Set([
  '@google-cloud/bigquery',
  '@google-cloud/pubsub',
  '@google-cloud/storage',
  '@posthog/plugin-contrib',
  '@posthog/plugin-scaffold',
  'aws-sdk',
  'crypto',
  'faker',
  'generic-pool',
  'jsonwebtoken',
  'node-fetch',
  'pg',
  'snowflake-sdk',
  'stream',
  'url',
  'zlib',
]);
