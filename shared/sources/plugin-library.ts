/** A known public plugin, which can be installed by its name. */
export interface LibraryPlugin {
  /** As it is listed; case does not matter when it is asked for. */
  name: string;
  /** What it does, in a line. */
  description: string;
  /** Text for `parseSource`. */
  source: string;
}

/** Plugins that are known to build and load here. Their code is other people's: read it before you install one. */
export const PLUGIN_LIBRARY: readonly LibraryPlugin[] = [
  {
    name: 'Hello World',
    description: 'Puts a greeting onto every event. A first plugin to try.',
    source: 'https://github.com/PostHog/posthog-hello-world-plugin',
  },
  {
    name: 'GeoIP',
    description:
      'Adds country, city and coordinates of the IP address to events and persons. Needs the GeoIP database.',
    source: 'https://github.com/PostHog/posthog-plugin-geoip',
  },
  {
    name: 'Taxonomy',
    description: 'Brings the names of events into one convention, such as camelCase.',
    source: 'https://github.com/PostHog/taxonomy-plugin',
  },
  {
    name: 'First Time Event Tracker',
    description: 'Marks events that happen for the first time, at all or for their user.',
    source: 'https://github.com/PostHog/first-time-event-tracker',
  },
  {
    name: 'Downsampling',
    description: 'Keeps a share of the events, chosen by the user who sent them.',
    source: 'https://github.com/PostHog/downsampling-plugin',
  },
  {
    name: 'Filter Out',
    description: 'Drops events whose properties meet conditions, which a file lists.',
    source: 'https://github.com/plibither8/posthog-filter-out-plugin',
  },
  {
    name: 'UTM Extractor',
    description: 'Copies campaign parameters from the URL into properties.',
    source: 'https://github.com/stonly-data-tech/UTM-Extractor',
  },
  {
    name: 'User Agent Populator',
    description: 'Reads browser, version and device out of the user agent.',
    source: 'https://github.com/PostHog/user-agent-plugin',
  },
  {
    name: 'Currency Normalization',
    description: 'Converts amounts of money into one currency, at rates it fetches.',
    source: 'https://github.com/PostHog/posthog-currency-normalization-plugin',
  },
  {
    name: 'GitHub Star Sync',
    description: 'Captures an event for each star that a repository gets.',
    source: 'https://github.com/PostHog/github-star-sync-plugin',
  },
  {
    name: 'Bitbucket Release Tracker',
    description: 'Writes an annotation for each new tag of a Bitbucket repository.',
    source: 'https://github.com/PostHog/bitbucket-release-tracker',
  },
  {
    name: 'S3 Export',
    description: 'Exports events to an S3 bucket as files of JSON lines.',
    source: 'https://github.com/PostHog/s3-export-plugin',
  },
  {
    name: 'Twilio',
    description: 'Sends a text message when chosen events happen.',
    source: 'https://github.com/yakkomajuri/posthog-twilio-plugin',
  },
  {
    name: 'Pace',
    description: 'Sends events to Pace, a tool for sales teams.',
    source: 'https://github.com/PostHog/pace-posthog-integration',
  },
];

/** The plugin of that name; undefined when the library has none. */
export function findInLibrary(name: string): LibraryPlugin | undefined {
  const wanted = name.trim().toLowerCase();
  return PLUGIN_LIBRARY.find((plugin) => plugin.name.toLowerCase() === wanted);
}
