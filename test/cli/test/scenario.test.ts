import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../cli/test/read-scenario.ts';
import { UsageError } from '../../../cli/usage-error.ts';

function problemOf(scenario: unknown): string {
  try {
    parseScenario(scenario);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'none';
}

describe('a scenario', () => {
  it('may be empty: every key has a default', () => {
    expect(parseScenario({})).toEqual({
      project: {
        id: 2,
        api_token: 'phc_x',
        name: 'Test',
        personal_api_key: 'phx_test',
        host: 'https://app.posthog.com',
      },
      plugin_config_id: 39,
      plugins: [],
      config: {},
      attachments: {},
      clock: Date.UTC(2024, 2, 5, 10),
      timeout_seconds: 30,
      allow_private_networks: false,
      fetch: [],
      cache: {},
      storage: {},
      steps: [],
    });
  });

  it.each([
    ['an unknown key', { stepz: [] }, 'stepz: unknown key'],
    ['an unknown key further down', { project: { ids: 1 } }, 'project.ids: unknown key'],
    ['an unknown key of a stub', { fetch: [{ url: 'x', staus: 1 }] }, 'fetch[0].staus: unknown key'],
    ['an unknown key of a step', { steps: [{ setup: true }, { evnt: {} }] }, 'steps[1].evnt: unknown key'],
    ['an unknown key beside a step', { steps: [{ job: 'a', with: 1 }] }, 'steps[0].with: unknown key'],
    ['an unknown key of a plugin', { plugins: [{ path: 'x', conf: {} }] }, 'plugins[0].conf: unknown key'],
    [
      'a step that is two',
      { steps: [{ event: {}, call: 'x' }] },
      'steps[0]: must have exactly one of the keys event, events',
    ],
    ['a wrong type', { timeout_seconds: '5' }, 'timeout_seconds: must be a number, but is "5"'],
    ['a status that is none', { fetch: [{ url: 'x', status: 20 }] }, 'fetch[0].status: must be at least 200'],
    ['two answers in one stub', { fetch: [{ url: 'x', json: 1, text: '1' }] }, 'fetch[0]: must have one of json, text'],
    ['a stub without url', { fetch: [{}] }, 'fetch[0].url: must be a string, but is missing'],
    ['an attachment without contents', { attachments: { 'my file': {} } }, 'attachments["my file"]: must have exactly'],
    ['an attachment with two', { attachments: { a: { text: '', base64: '' } } }, 'attachments.a: must have exactly'],
    ['a time that is none', { clock: 'noon' }, 'clock: must be a time such as 2024-03-05T10:00:00.000Z'],
    ['a duration without unit', { steps: [{ advance: '5' }] }, 'steps[0].advance: must be a number and a unit'],
    ['an unknown unit', { steps: [{ advance: '5 moons' }] }, 'steps[0].advance: Unknown time unit: moons'],
    ['setup that is not true', { steps: [{ setup: false }] }, 'steps[0].setup: must be true'],
    ['no object at all', [], 'the whole scenario: must be an object'],
  ])('is refused for %s, and the error names the path', (_, scenario, problem) => {
    expect(problemOf(scenario)).toContain(problem);
  });

  it('lists all of its problems at once', () => {
    expect(problemOf({ a: 1, clock: 1, geoip: 2 }).split('\n')).toHaveLength(4);
  });

  it.each([
    ['90 seconds', 90_000],
    ['1 second', 1000],
    ['30 minutes', 1_800_000],
    ['1.5 hours', 5_400_000],
    ['1 month', 2_592_000_000],
    ['250 milliseconds', 250],
  ])('advances by %s', (advance, milliseconds) => {
    expect(parseScenario({ steps: [{ advance }] }).steps).toEqual([{ advance: milliseconds }]);
  });

  it('means UTC where a time names no zone', () => {
    expect(parseScenario({ clock: '2024-03-05T10:00:00' }).clock).toBe(Date.UTC(2024, 2, 5, 10));
  });
});
