import { describe, expect, test } from 'vitest';
import type { SetupAttempts } from '../../shared/registry/plugin-config.ts';
import { createRegistrySetups, type RegistrySetups } from '../../shared/registry/registry-setups.ts';
import { startTestTable } from '../support/dynamodb.ts';
import { createSharedStatus } from '../support/shared-status.ts';

type Implementation = { setups: RegistrySetups } & AsyncDisposable;

const implementations: [string, () => Promise<Implementation>][] = [
  [
    'on DynamoDB',
    async () => {
      const table = await startTestTable();
      return { setups: createRegistrySetups(table), [Symbol.asyncDispose]: () => table[Symbol.asyncDispose]() };
    },
  ],
  ['in memory', async () => ({ ...createSharedStatus(() => {}), [Symbol.asyncDispose]: async () => {} })],
];

function attempts(made: number, revision = 5): SetupAttempts {
  return { revision, made, nextAt: 1000 * made };
}

describe.each(implementations)('attempts to set a plugin config up, %s', (_, create) => {
  test('the first failure of a revision is counted once; the others hear what stands there', async () => {
    await using registry = await create();

    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (__, index) =>
        registry.setups.recordFirstFailure(7, { ...attempts(1), nextAt: 3000 + index }),
      ),
    );

    const losers = outcomes.filter((outcome) => !outcome.won);
    expect(losers).toHaveLength(4);
    const winner = outcomes.findIndex(({ won }) => won);
    for (const loser of losers)
      expect(loser).toEqual({ won: false, stored: { ...attempts(1), nextAt: 3000 + winner } });
  });

  test('a newer revision takes the place of an older one, and never the other way round', async () => {
    await using registry = await create();
    await registry.setups.recordFirstFailure(7, attempts(1, 5));

    expect(await registry.setups.recordFirstFailure(7, attempts(1, 6))).toEqual({ won: true });
    expect(await registry.setups.recordFirstFailure(7, attempts(1, 5))).toEqual({ won: false, stored: attempts(1, 6) });
    expect(await registry.setups.claimAttempt(7, attempts(1, 5), attempts(2, 5))).toEqual({
      won: false,
      stored: attempts(1, 6),
    });
  });

  test('an attempt is claimed by one of those that find it due', async () => {
    await using registry = await create();
    await registry.setups.recordFirstFailure(7, attempts(1));

    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => registry.setups.claimAttempt(7, attempts(1), attempts(2))),
    );

    expect(outcomes.filter(({ won }) => won)).toHaveLength(1);
    expect(outcomes.filter(({ won }) => !won)).toEqual(
      Array.from({ length: 4 }, () => ({ won: false, stored: attempts(2) })),
    );
  });

  test('after a success there is nothing to claim', async () => {
    await using registry = await create();
    await registry.setups.recordFirstFailure(7, attempts(1));
    await registry.setups.recordLoad(7, {});

    expect(await registry.setups.claimAttempt(7, attempts(1), attempts(2))).toEqual({ won: false, stored: null });
    expect(await registry.setups.recordFirstFailure(7, attempts(1))).toEqual({ won: true });
  });

  test('plugin configs do not get in each other’s way', async () => {
    await using registry = await create();
    await registry.setups.recordFirstFailure(7, attempts(1));

    expect(await registry.setups.recordFirstFailure(8, attempts(1))).toEqual({ won: true });
  });
});
