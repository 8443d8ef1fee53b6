import type { SeededRandom } from './seeded-random.ts';

/** An event as capture would hand it over. */
export type DemoEvent = Record<string, unknown> & { uuid: string; event: string; distinct_id: string; team_id: number };

export interface DemoEventOptions {
  teamId: number;
  random: SeededRandom;
  /** Milliseconds since 1970: when the first event is received; every next one a little later. */
  startAt: number;
}

const PATHS = ['/', '/pricing', '/docs', '/docs/start', '/blog/why-queues', '/signup', '/account', '/cart'];
const BROWSERS = ['Chrome', 'Firefox', 'Safari', 'Edge'];
const SYSTEMS = ['Mac OS X', 'Windows', 'Linux', 'iOS', 'Android'];
const REFERRERS = ['$direct', 'https://www.google.com/', 'https://news.ycombinator.com/', 'https://duckduckgo.com/'];
const CUSTOM_EVENTS = ['signed up', 'plan upgraded', 'file uploaded', 'invite sent', 'order completed'];
const PEOPLE = 200;

/** How often which kind of event comes, of 1,000. */
const KINDS: [share: number, make: (person: Person, options: DemoEventOptions) => Record<string, unknown>][] = [
  [470, pageview],
  [250, autocapture],
  [60, identify],
  [150, custom],
  [20, withoutProperties],
  [20, snapshot],
  [20, internal],
  [10, healthCheck],
];

interface Person {
  distinctId: string;
  email: string;
  browser: string;
  system: string;
  sessionId: string;
}

/** Makes events of a web shop's visitors, the same ones for the same seed. */
export function createDemoEvents(options: DemoEventOptions): () => DemoEvent {
  const { random, teamId } = options;
  const people = Array.from({ length: PEOPLE }, (_, index): Person => {
    const email = `person-${index}@customer-${index % 17}.example`;
    return {
      distinctId: random.chance(0.5) ? random.uuid() : email,
      email,
      browser: random.pick(BROWSERS),
      system: random.pick(SYSTEMS),
      sessionId: random.uuid(),
    };
  });
  let receivedAt = options.startAt;
  return () => {
    receivedAt += random.wholeNumber(0, 40);
    const person = random.pick(people);
    const fields = pickKind(random)(person, options);
    return {
      uuid: random.uuid(),
      event: '',
      distinct_id: person.distinctId,
      team_id: teamId,
      ip: `203.0.113.${random.wholeNumber(1, 254)}`,
      site_url: 'https://shop.example',
      now: new Date(receivedAt).toISOString(),
      sent_at: new Date(receivedAt - 30).toISOString(),
      timestamp: new Date(receivedAt - random.wholeNumber(31, 3000)).toISOString(),
      ...fields,
    };
  };
}

function pickKind(random: SeededRandom) {
  let left = random.wholeNumber(0, KINDS.reduce((sum, [share]) => sum + share, 0) - 1);
  return (KINDS.find(([share]) => (left -= share) < 0) as (typeof KINDS)[number])[1];
}

function web({ browser, system, sessionId }: Person, { random }: DemoEventOptions): Record<string, unknown> {
  const path = random.pick(PATHS);
  return {
    $os: system,
    $browser: browser,
    $browser_version: random.wholeNumber(90, 140),
    $device_type: system === 'iOS' || system === 'Android' ? 'Mobile' : 'Desktop',
    $current_url: `https://shop.example${path}?utm_source=demo`,
    $host: 'shop.example',
    $pathname: path,
    $referrer: random.pick(REFERRERS),
    $screen_width: random.pick([390, 1440, 1920, 2560]),
    $screen_height: random.pick([844, 900, 1080, 1440]),
    $viewport_width: random.wholeNumber(380, 2500),
    $lib: 'web',
    $lib_version: '1.96.1',
    $session_id: sessionId,
    $window_id: random.uuid(),
    $insert_id: random.uuid(),
    $time: random.wholeNumber(1_700_000_000, 1_800_000_000),
    token: 'phc_demo',
  };
}

function pageview(person: Person, options: DemoEventOptions) {
  // Text that needs care on the way through a queue: U+FFFE, a lone surrogate, control characters.
  const odd = options.random.chance(0.02) ? { title: 'odd 😀 \uFFFE \uD800 \u0000 \u001b' } : { title: 'Shop' };
  return { event: '$pageview', properties: { ...web(person, options), ...odd } };
}

function autocapture(person: Person, options: DemoEventOptions) {
  const label = options.random.pick(['Buy', 'Add to cart', 'Sign up', 'Menu']);
  const elements = [
    {
      tag_name: 'button',
      $el_text: label,
      classes: ['button', 'primary'],
      nth_child: 2,
      nth_of_type: 1,
      attr__type: 'submit',
    },
    { tag_name: 'form', classes: ['order'], nth_child: 1, nth_of_type: 1, attr__action: '/cart' },
    { tag_name: 'main', nth_child: 3, nth_of_type: 1 },
    { tag_name: 'body', nth_child: 2, nth_of_type: 1 },
  ];
  return {
    event: '$autocapture',
    properties: { ...web(person, options), $event_type: 'click', $el_text: label, $elements: elements },
  };
}

function identify(person: Person, options: DemoEventOptions) {
  return {
    event: '$identify',
    distinct_id: person.email,
    properties: { ...web(person, options), $anon_distinct_id: options.random.uuid() },
    $set: { email: person.email, plan: options.random.pick(['free', 'team', 'company']) },
    $set_once: { first_seen: '2026-01-01' },
  };
}

function custom(person: Person, options: DemoEventOptions) {
  const { random } = options;
  const properties = {
    ...web(person, options),
    amount: random.wholeNumber(100, 99_999) / 100,
    items: random.wholeNumber(1, 9),
  };
  return { event: random.pick(CUSTOM_EVENTS), properties };
}

function withoutProperties() {
  return { event: 'server restarted' };
}

function snapshot(person: Person, { random }: DemoEventOptions) {
  const data = {
    type: 3,
    data: { source: 1, positions: [{ x: random.wholeNumber(0, 999), y: random.wholeNumber(0, 999), id: 4 }] },
  };
  return { event: '$snapshot', properties: { $session_id: person.sessionId, $snapshot_data: data } };
}

function internal(person: Person, options: DemoEventOptions) {
  return { ...pageview(person, options), distinct_id: `colleague-${options.random.wholeNumber(1, 9)}@example.com` };
}

function healthCheck() {
  return { event: 'health check', distinct_id: 'monitor', properties: { $lib: 'monitor' } };
}
