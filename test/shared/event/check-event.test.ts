import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../../shared/event/check-event.ts';
import { isUuid } from '../../../shared/event/event-uuid.ts';

const check = (value: unknown) => checkEvent(value, 'message-1', 3);

describe('checkEvent', () => {
  it('keeps a whole event as it is', () => {
    const event = {
      uuid: '018f3e2a-7b1c-7000-9f00-0123456789ab',
      event: 'a',
      distinct_id: 'd',
      team_id: 1,
      properties: {},
    };

    expect(check({ ...event })).toEqual(event);
  });

  it('makes a string of a number in distinct_id and a number of digits in team_id', () => {
    expect(check({ event: 'a', distinct_id: 42, team_id: '7' })).toMatchObject({ distinct_id: '42', team_id: 7 });
  });

  it('derives the same uuid for the same message and position, another one for others', () => {
    const bare = () => ({ event: 'a', distinct_id: 'd', team_id: 1 });
    const first = check(bare()).uuid;

    expect(isUuid(first)).toBe(true);
    expect(check(bare()).uuid).toBe(first);
    expect(checkEvent(bare(), 'message-1', 4).uuid).not.toBe(first);
    expect(checkEvent(bare(), 'message-2', 3).uuid).not.toBe(first);
  });

  it('replaces a uuid that is none', () => {
    expect(isUuid(check({ event: 'a', distinct_id: 'd', team_id: 1, uuid: 'mine' }).uuid)).toBe(true);
  });

  it.each([
    ['null', null, 'not_an_event'],
    ['a list', [], 'not_an_event'],
    ['a string', 'a', 'not_an_event'],
    ['an event without a name', { distinct_id: 'd', team_id: 1 }, 'missing_event'],
    ['an event with an empty name', { event: '', distinct_id: 'd', team_id: 1 }, 'missing_event'],
    ['an event without distinct_id', { event: 'a', team_id: 1 }, 'missing_distinct_id'],
    ['an event with an object as distinct_id', { event: 'a', distinct_id: {}, team_id: 1 }, 'missing_distinct_id'],
    ['an event without team_id', { event: 'a', distinct_id: 'd' }, 'missing_team_id'],
    ['an event with half a team', { event: 'a', distinct_id: 'd', team_id: 1.5 }, 'missing_team_id'],
  ])('rejects %s', (_, value, reason) => {
    expect(() => check(value)).toThrow(expect.objectContaining({ reason }));
  });
});
