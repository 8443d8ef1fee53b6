import { describe, expect, it } from 'vitest';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { type Chain, EventRun } from '../../../shared/pipeline/event-run.ts';
import { finishEvent } from '../../../shared/pipeline/finish-event.ts';
import { eventOf } from '../../support/plugin-host.ts';

const UUID = eventOf()['uuid'] as string;
const plugin = {
  id: 1,
  label: 'Plugin 1 (1)',
  processEvent: (event: PluginEvent) => event,
  meta: {},
  processAsCause: null,
  suspended: null,
  timeouts: 0,
};
const chain: Chain = { plugins: [plugin], succeeded: [plugin.label], deferred: [] };

/** Finishes an event of project 1 after a plugin made `change` of it. */
function finish(change: (event: PluginEvent) => unknown) {
  const run = new EventRun(eventOf() as unknown as PluginEvent, chain, 0, 0);
  run.event = change(run.event) as PluginEvent;
  const { json, problem } = finishEvent(run);
  return { event: JSON.parse(json) as PluginEvent, problem };
}

/** Says 1 when asked for the first `times`, then 2. */
const changingTeam = (times: number) => {
  let reads = 0;
  return () => (reads++ < times ? 1 : 2);
};

describe('a finished event', () => {
  it.each<[string, (event: PluginEvent) => unknown]>([
    [
      'toJSON makes it of another',
      (event) =>
        Object.assign(event, {
          toJSON(this: object) {
            return { ...this, team_id: 2 };
          },
        }),
    ],
    [
      'an inherited toJSON makes it of another',
      (event) =>
        Object.assign(Object.create({ toJSON: () => ({ event: 'x', team_id: 2, properties: {} }) }) as object, event),
    ],
    ['toJSON leaves it out', (event) => Object.assign(event, { toJSON: () => ({ event: 'x', properties: {} }) })],
    [
      'a getter changes its mind',
      (event) => Object.defineProperty(event, 'team_id', { enumerable: true, get: changingTeam(3) }),
    ],
    [
      'a proxy changes its mind',
      (event) => {
        const team = changingTeam(2);
        return new Proxy(event, {
          get: (target, key) => (key === 'team_id' ? team() : (Reflect.get(target, key) as unknown)),
        });
      },
    ],
    [
      'it is hidden from JSON',
      (event) => Object.defineProperty(event, 'team_id', { enumerable: false, value: 1, configurable: true }),
    ],
    ['it was written to after the last answer', (event) => Object.assign(event, { team_id: 2 })],
  ])('is of its own project although %s', (_, change) => {
    expect(finish(change).event).toMatchObject({ team_id: 1, uuid: UUID });
  });

  it.each(['', 'none', 7, null, undefined, {}])('has its uuid again when a plugin made %j of it', (uuid) => {
    expect(finish((event) => ({ ...event, uuid })).event.uuid).toBe(UUID);
  });

  it('keeps another valid uuid', () => {
    const uuid = '018f3e2a-7b1c-7000-9f00-ba9876543210';

    expect(finish((event) => ({ ...event, uuid })).event.uuid).toBe(uuid);
  });

  it('names a sparse array of four thousand million instead of walking through it', () => {
    const list: number[] = [];
    list[4_000_000_000] = 1;

    const { event, problem } = finish((given) => ({ ...given, properties: { list, kept: true } }));

    expect(event.properties).toMatchObject({ list: '[too large]', kept: true });
    expect(problem).toBe('Invalid string length');
  });

  it('ends although a getter makes new objects for ever', () => {
    const endless = (): object => ({
      get a() {
        return endless();
      },
      get b() {
        return endless();
      },
      big: 1n,
    });

    expect(finish((event) => ({ ...event, endless: endless() })).event.event).toBe('$pageview');
  });

  it('survives an error that bites when it is read', () => {
    const { event, problem } = finish((given) => ({
      ...given,
      get bites() {
        throw new Proxy(
          {},
          {
            getPrototypeOf() {
              throw new Error('bite');
            },
          },
        );
      },
    }));

    expect(event).toMatchObject({ team_id: 1, bites: '[unreadable]' });
    expect(problem).toBe('a value that throws when it is read');
  });
});
