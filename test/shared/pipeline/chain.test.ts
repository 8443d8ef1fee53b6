import { describe, expect, it } from 'vitest';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { createChainRunner } from '../../../shared/pipeline/chain.ts';
import { EventRun } from '../../../shared/pipeline/event-run.ts';
import { eventOf } from '../../support/plugin-host.ts';

type Answer = (event: PluginEvent) => unknown;

function prepare(...plugins: Answer[]) {
  const failures: string[] = [];
  const runner = createChainRunner({
    onFailure: (plugin, _run, error) => void failures.push(`${plugin.id}: ${(error as Error).message}`),
    timeoutError: () => new Error('late'),
    timeoutsBeforeSuspension: 2,
  });
  const chain = {
    plugins: plugins.map((processEvent, index) => ({
      id: index + 1,
      label: `Plugin ${index + 1}`,
      processEvent,
      meta: {},
      processAsCause: null,
      suspended: null,
      timeouts: 0,
    })),
    succeeded: [],
    deferred: [],
  };
  /** Starts an event; `ended` resolves when its chain is over. */
  const start = () => {
    const run = new EventRun(eventOf() as unknown as PluginEvent, chain, 0, 0);
    const ended = new Promise<EventRun>((resolve) => {
      run.onFinish = resolve;
    });
    runner.start(run);
    return { run, ended };
  };
  return { runner, failures, start };
}

/** An object with a `then` of its own. */
const thenable = (then: (answer: (value: unknown) => void) => void, owner: object = {}) =>
  // oxlint-disable-next-line unicorn/no-thenable -- that is what these tests are about
  Object.assign(owner, { then });

const later = () => new Promise((resolve) => setImmediate(resolve));

describe('a thenable answer', () => {
  it.each<[string, (answer: (value: unknown) => void, event: PluginEvent) => void]>([
    [
      'answers and throws',
      (answer, event) => {
        answer(event);
        throw new Error('afterwards');
      },
    ],
    [
      'answers twice at once',
      (answer, event) => {
        answer(event);
        answer(null);
      },
    ],
    [
      'answers again while the next plugin works',
      (answer, event) => {
        answer(event);
        setImmediate(answer, null);
      },
    ],
  ])('counts once when it %s', async (_, then) => {
    const { failures, start } = prepare(
      (event) => thenable((answer) => then(answer, event)),
      async (event) => {
        await later();
        await later();
        event.properties = { second: true };
        return event;
      },
    );

    const run = await start().ended;

    expect(run.droppedBy).toBeNull();
    expect(run.event.properties).toEqual({ second: true });
    expect(failures).toEqual([]);
  });

  it('fails the call when it throws before it answers', async () => {
    const { failures, start } = prepare(() =>
      thenable(() => {
        throw new Error('no answer');
      }),
    );

    await start().ended;

    expect(failures).toEqual(['1: no answer']);
  });

  it('may be a promise whose then is its own', async () => {
    const { failures, start } = prepare((event) =>
      thenable((answer) => {
        answer(event);
        answer(null);
      }, Promise.resolve(null)),
    );

    const run = await start().ended;

    expect(run.droppedBy).toBeNull();
    expect(failures).toEqual([]);
  });

  it('that comes after its time is up is not taken for the next plugin’s', async () => {
    let answerLate: (value: unknown) => void = () => {};
    const { runner, failures, start } = prepare(
      () =>
        thenable((answer) => {
          answerLate = answer;
        }),
      async (event) => {
        await later();
        await later();
        return event;
      },
    );
    const { ended } = start();

    runner.tick(0);
    answerLate(null);
    const run = await ended;

    expect(run.droppedBy).toBeNull();
    expect(failures).toEqual(['1: late']);
  });
});

describe('a plugin that hangs', () => {
  it('is suspended after its second timeout, so that further events do not wait', async () => {
    const { runner, failures, start } = prepare(() => new Promise(() => {}));
    const two = [start(), start()];
    runner.tick(0);
    await Promise.all(two.map(({ ended }) => ended));

    const third = start();

    expect(third.run.finished).toBe(true);
    expect(failures).toEqual(['1: late', '1: late', expect.stringContaining('suspended for the rest of this batch')]);
  });
});

describe('a plugin that throws', () => {
  it('does not get its change of team_id blamed on the next', () => {
    const { failures, start } = prepare(
      (event) => {
        event.team_id = 2;
        throw new Error('mine');
      },
      (event) => event,
    );

    const { run } = start();

    expect(run.event.team_id).toBe(1);
    expect(failures).toEqual(['1: mine']);
  });
});

describe('a stopped runner', () => {
  it('abandons an event before its next call, and goes on once it is opened again', () => {
    const { runner, start } = prepare((event) => event);
    runner.stop();

    const stopped = start();
    runner.reopen();
    const open = start();

    expect([stopped.run.abandoned, stopped.run.finished]).toEqual([true, true]);
    expect(open.run.abandoned).toBe(false);
  });
});
