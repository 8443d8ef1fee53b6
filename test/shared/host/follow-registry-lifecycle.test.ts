import { describe, expect, it } from 'vitest';
import { configOf, DEADLINE, ERROR, harness, RETRY } from '../../support/followed-registry.ts';

const FACTS = { pluginConfig: 1, project: 1, plugin: 'Plugin 1', pluginVersion: 'hash-1' };

describe('an operator is told', () => {
  it('of each attempt to set a plugin up that fails, when the next one is due, and that it has recovered', async () => {
    const { world, follower, told } = harness(configOf(1), configOf(2));
    world.errors.set(1, RETRY);

    await follower.refresh(DEADLINE);
    world.now += 3000;
    await follower.refresh(DEADLINE);
    world.errors.clear();
    world.now += 6000;
    await follower.refresh(DEADLINE);
    await follower.refresh(DEADLINE);

    const failed = {
      type: 'Plugin setup failed',
      ...FACTS,
      final: false,
      maxAttempts: 10,
      error: { name: 'RetryError', message: 'later', hook: 'setupPlugin' },
    };
    expect(told).toEqual([
      { ...failed, attempt: 1, nextAttemptAt: '1970-01-01T00:00:03.000Z' },
      { ...failed, attempt: 2, nextAttemptAt: '1970-01-01T00:00:09.000Z' },
      { type: 'Plugin recovered', ...FACTS },
    ]);
  });

  it('of the last attempt, and that the plugin is disabled with it', async () => {
    const { world, follower, told } = harness(configOf(1));
    world.errors.set(1, RETRY);

    for (let attempt = 1; attempt <= 12; attempt++) {
      await follower.refresh(DEADLINE);
      world.now += 800_000;
    }

    expect(told.map((event) => [event.type, 'attempt' in event ? event.attempt : undefined])).toEqual([
      ...Array.from({ length: 10 }, (_, index) => ['Plugin setup failed', index + 1]),
      ['Plugin disabled', undefined],
    ]);
    expect(told.at(-2)).toMatchObject({ final: true });
    expect(told.at(-2)).not.toHaveProperty('nextAttemptAt');
    expect(told.at(-1)).toMatchObject({ ...FACTS, cause: 'setup_exhausted', error: { message: 'later' } });
  });

  it('of a plugin that is disabled at once, since its error is none that is tried again', async () => {
    const { world, follower, told } = harness(configOf(1));
    world.errors.set(1, { ...ERROR, stack: 'at somewhere' });

    await follower.refresh(DEADLINE);

    const error = { name: 'TypeError', message: 'no key', hook: 'setupPlugin' };
    expect(told).toEqual([
      { type: 'Plugin setup failed', ...FACTS, final: true, error },
      { type: 'Plugin disabled', ...FACTS, cause: 'setup_failed', error },
    ]);
  });

  it('of no disabling that did not take place, since its owner has changed it meanwhile', async () => {
    const { world, follower, told } = harness(configOf(1));
    world.errors.set(1, ERROR);
    world.disabling = 'outdated';

    await follower.refresh(DEADLINE);

    expect(told.map(({ type }) => type)).toEqual(['Plugin setup failed']);
  });

  it('of nothing while plugins are set up as they should be', async () => {
    const { follower, told, change } = harness(configOf(1), configOf(2));

    await follower.refresh(DEADLINE);
    change(configOf(1, { config: { changed: true } }));
    await follower.refresh(DEADLINE);

    expect(told).toEqual([]);
  });
});
