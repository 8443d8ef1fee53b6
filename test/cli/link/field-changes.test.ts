import { describe, expect, it } from 'vitest';
import { fieldChanges } from '../../../cli/link/field-changes.ts';

const greeting = { key: 'greeting', default: 'hello' };

describe('the fields of a plugin.json that was changed', () => {
  it('that are new get their defaults, or are asked for', () => {
    const after = [
      { key: 'greeting', default: 'hello' },
      { key: 'url', required: true },
      { key: 'kept', default: 'x' },
    ];

    const { values, notes } = fieldChanges([], after, { kept: 'mine' }, 7);

    expect(values).toEqual({ greeting: 'hello' });
    expect(notes).toEqual([
      'plugin.json has a new field greeting, set to its default "hello"',
      'plugin.json has a new field url, which is required and has no value: npx hoglet config set 7 url=…',
    ]);
  });

  it('whose default is another now take it where nobody has set anything else', () => {
    const after = [{ key: 'greeting', default: 'hi' }];

    const followed = fieldChanges([greeting], after, { greeting: 'hello' }, 7);
    const kept = fieldChanges([greeting], after, { greeting: 'mine' }, 7);

    expect(followed).toEqual({
      values: { greeting: 'hi' },
      notes: ['the default of greeting is "hi" now, and so is its value'],
    });
    expect(kept).toEqual({
      values: {},
      notes: ['the default of greeting is "hi" now; its value stays as it was set'],
    });
  });

  it('that are gone are told, with how to take their values away', () => {
    const { values, notes } = fieldChanges([greeting, { key: 'empty' }], [], { greeting: 'hello' }, 7);

    expect(values).toEqual({});
    expect(notes).toEqual([
      'plugin.json has no field greeting any more; its value stays until you take it away: npx hoglet config set 7 greeting:=null',
      'plugin.json has no field empty any more',
    ]);
  });

  it('say nothing when they are as they were', () => {
    expect(fieldChanges([greeting], [greeting], { greeting: 'mine' }, 7)).toEqual({ values: {}, notes: [] });
  });
});
