/** Bytes of one event's JSON, about that of a `$pageview` of posthog-js. */
export const EVENT_BYTES = 1500;

/** A `$pageview` with the properties that posthog-js sends, of about `EVENT_BYTES`. `index` makes it unlike its neighbours. */
export function pageview(index: number): Record<string, unknown> {
  const session = hex(index >> 4, 12);
  const path = `/${['pricing', 'docs/libraries/js', 'blog/how-we-ship', 'product-analytics', 'signup'][index % 5]}`;
  return {
    uuid: `018f3e2a-7b1c-7${hex(index, 3)}-9f00-${hex(index * 2654435761, 12)}`,
    event: '$pageview',
    distinct_id: `user-${hex(index * 40503, 8)}@example.com`,
    team_id: 1,
    ip: `203.0.113.${index % 256}`,
    site_url: 'https://eu.example.com',
    now: '2026-11-21T10:20:30.123456+00:00',
    sent_at: '2026-11-21T10:20:30.000000+00:00',
    timestamp: `2026-11-21T10:20:${String(index % 60).padStart(2, '0')}.987Z`,
    properties: {
      $os: ['Mac OS X', 'Windows', 'Linux', 'iOS'][index % 4],
      $os_version: `1${index % 9}.${index % 7}`,
      $browser: ['Chrome', 'Firefox', 'Safari'][index % 3],
      $browser_version: 110 + (index % 20),
      $browser_language: 'en-GB',
      $device_type: 'Desktop',
      $current_url: `https://www.example.com${path}?utm_source=newsletter&utm_campaign=autumn-${index % 40}`,
      $host: 'www.example.com',
      $pathname: path,
      $referrer: 'https://www.google.com/',
      $referring_domain: 'www.google.com',
      $raw_user_agent:
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
      $screen_height: 900 + (index % 300),
      $screen_width: 1440 + (index % 500),
      $viewport_height: 700 + (index % 200),
      $viewport_width: 1200 + (index % 300),
      $lib: 'web',
      $lib_version: '1.131.4',
      $insert_id: hex(index * 7919, 16),
      $time: 1_700_000_000 + index / 1000,
      $device_id: `018f3e2a-0000-7000-8000-${session}`,
      $session_id: `018f3e2a-1111-7000-8000-${session}`,
      $window_id: `018f3e2a-2222-7000-8000-${session}`,
      $initial_referrer: 'https://www.google.com/',
      $initial_referring_domain: 'www.google.com',
      utm_source: 'newsletter',
      utm_campaign: `autumn-${index % 40}`,
      title: 'Example: the product analytics suite for engineers who like to own their data',
    },
  };
}

/** A packed, uncompressed message of `count` events. */
export function packedBody(firstIndex: number, count: number): string {
  return JSON.stringify({ v: 1, events: Array.from({ length: count }, (_, offset) => pageview(firstIndex + offset)) });
}

function hex(value: number, digits: number): string {
  return Math.abs(Math.trunc(value)).toString(16).padStart(digits, '0').slice(-digits);
}
