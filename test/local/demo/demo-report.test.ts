import { expect, test } from 'vitest';
import { demoJson, demoTable } from '../../../local/demo/demo-report.ts';
import { readDemoFlags } from '../../../local/demo/read-demo-flags.ts';
import type { DemoEffects } from '../../../local/demo/watch-effects.ts';

const plugins = new Map([
  [1, 'Dropper'],
  [2, 'Adder'],
]);

type Run = Parameters<typeof demoJson>[0];

function result(changes: Partial<Run> = {}): Run {
  return {
    sent: 1000,
    ingested: 990,
    dropped: new Map([[1, 7]]),
    failed: new Map([[2, 4]]),
    deadLetters: 3,
    reasons: new Map([['not_json', 3]]),
    eventsPerSecond: 1234,
    addsUp: true,
    sample: undefined,
    killed: 1,
    repeated: 40,
    ...changes,
  };
}

const EFFECTS: DemoEffects = {
  exporter: { exported: 980, missing: 0, refused: 3 },
  jobs: { followedUp: 25, missing: 0 },
  tasks: { reports: 6 },
  counter: { counted: 990, events: 980, repeated: 40 },
  minutes: 5,
  right: true,
};

test('the JSON has exactly the promised fields, and every plugin by name', () => {
  expect(JSON.parse(demoJson(result(), EFFECTS, plugins))).toEqual({
    sent: 1000,
    ingested: 990,
    dropped: { Dropper: 7, Adder: 0 },
    failed: { Dropper: 0, Adder: 4 },
    deadLetters: 3,
    eventsPerSecond: 1234,
    killed: 1,
    exporter: { exported: 980, missing: 0, refused: 3 },
    jobs: { followedUp: 25, missing: 0 },
    tasks: { reports: 6 },
    counter: { counted: 990, events: 980, repeated: 40 },
    minutes: 5,
  });
  expect(demoJson(result(), EFFECTS, plugins)).not.toContain('\n');
});

test('the table says in words whether the counts add up', () => {
  expect(demoTable(result(), EFFECTS, plugins)).toContain('1000 sent = 990 ingested + 7 dropped + 3 dead letters.');
  expect(demoTable(result({ ingested: 980, addsUp: false }), EFFECTS, plugins)).toContain(
    'The counts do not add up: 1000 sent, but 980 ingested + 7 dropped + 3 dead letters = 990.',
  );
});

test('the table says in words what of exports, jobs and counters is missing', () => {
  const missing: DemoEffects = { ...EFFECTS, exporter: { exported: 978, missing: 2, refused: 3 }, right: false };

  expect(demoTable(result(), EFFECTS, plugins)).toContain('All of them were exported, followed up and counted.');
  expect(demoTable(result(), missing, plugins)).toContain('Not everything was done: 2 events were not exported');
});

test('flags have defaults, and everything else is refused with what is allowed', () => {
  expect(readDemoFlags([])).toEqual({ events: 1000, json: false, help: false });
  expect(readDemoFlags(['--json', '--events', '5'])).toEqual({ events: 5, json: true, help: false });
  expect(() => readDemoFlags(['--evnts', '5'])).toThrow(/--evnts.*\nAllowed are --events N, --json and --help\./);
  for (const events of ['0', '-1', '1e3', '1.5', 'x', '1000001']) {
    expect(() => readDemoFlags([`--events=${events}`])).toThrow(
      `--events: got "${events}"; allowed is a whole number from 1 to 1000000`,
    );
  }
  expect(() => readDemoFlags(['extra'])).toThrow('Allowed are');
});
