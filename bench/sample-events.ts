/** Bytes of one event's JSON, about that of a `$pageview` of posthog-js. */
export const EVENT_BYTES = 1500;

/**
 * A `$pageview` with the properties that posthog-js sends, of about `EVENT_BYTES`. The same index gives the same event. Ids are as
 * random as real ones and pages as varied, so that it compresses like real traffic: about 5 to 1 as gzip in base64.
 */
export function pageview(index: number): Record<string, unknown> {
  const random = randomFrom(index);
  const pick = <Value>(values: Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  const uuid = () => `018f${hex(4)}-${hex(4)}-7${hex(3)}-9${hex(3)}-${hex(12)}`;
  const path = `/${pick(['pricing', 'docs/libraries/js', 'blog', 'product-analytics', 'signup', 'customers'])}/${hex(6)}`;
  const referrer = pick(['www.google.com', 'www.bing.com', 'news.ycombinator.com', 'github.com', '$direct']);
  const campaign = `autumn-${Math.floor(random() * 40)}`;
  const seconds = (random() * 60).toFixed(3).padStart(6, '0');
  const browser = pick(['Chrome', 'Firefox', 'Safari', 'Edge']);
  const version = 100 + Math.floor(random() * 40);
  return {
    uuid: uuid(),
    event: '$pageview',
    distinct_id: uuid(),
    team_id: 1,
    ip: `203.0.113.${Math.floor(random() * 256)}`,
    site_url: 'https://eu.example.com',
    now: `2026-11-21T10:20:${seconds}Z`,
    sent_at: `2026-11-21T10:20:${seconds}Z`,
    timestamp: `2026-11-21T10:19:${seconds}Z`,
    properties: {
      $os: pick(['Mac OS X', 'Windows', 'Linux', 'iOS']),
      $os_version: `${10 + Math.floor(random() * 8)}.${Math.floor(random() * 10)}`,
      $browser: browser,
      $browser_version: version,
      $browser_language: pick(['en-GB', 'en-US', 'de-DE', 'fr-FR']),
      $device_type: pick(['Desktop', 'Mobile']),
      $current_url: `https://www.example.com${path}?utm_source=newsletter&utm_campaign=${campaign}`,
      $host: 'www.example.com',
      $pathname: path,
      $referrer: `https://${referrer}/`,
      $referring_domain: referrer,
      $raw_user_agent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) ${browser}/${version}.0.0.0 Safari/537.36`,
      $screen_height: 900 + Math.floor(random() * 300),
      $screen_width: 1440 + Math.floor(random() * 500),
      $viewport_height: 700 + Math.floor(random() * 200),
      $viewport_width: 1200 + Math.floor(random() * 300),
      $lib: 'web',
      $lib_version: '1.131.4',
      $insert_id: hex(16),
      $time: 1_794_000_000 + Math.floor(random() * 1e6) / 1000,
      $device_id: uuid(),
      $session_id: uuid(),
      $window_id: uuid(),
      $initial_referrer: `https://${referrer}/`,
      $initial_referring_domain: referrer,
      $pageview_id: uuid(),
      token: 'phc_exampleexampleexampleexampleexampleexample',
      utm_source: 'newsletter',
      utm_campaign: campaign,
      title: `${pick(['Pricing', 'Docs', 'Blog', 'Product'])} | Example, the product analytics suite for engineers`,
    },
  };
}

/** A packed, uncompressed message of `count` events. */
export function packedBody(firstIndex: number, count: number): string {
  return JSON.stringify({ v: 1, events: Array.from({ length: count }, (_, offset) => pageview(firstIndex + offset)) });
}

/** A small generator of even quality: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
