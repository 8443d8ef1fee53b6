import { expect, it } from 'vitest';
import { withTellingAgain } from '../../../shared/host/tell-again.ts';

const ERROR = { hook: 'setupPlugin', name: 'Error', message: 'no key', time: '2030-01-01T00:00:00.000Z' };

function harness() {
  const taken: unknown[][] = [];
  const failures: string[] = [];
  const state = { isAway: true };
  const take = async (...what: unknown[]): Promise<void> => {
    if (state.isAway) throw new Error('The table is away');
    taken.push(what);
  };
  const registry = withTellingAgain(
    {
      recordLoad: (id: number, load: object) => take('loaded', id, load),
      recordError: (id: number, { message }: typeof ERROR) => take('failed', id, message),
      disable: (id: number, revision: number, { message }: typeof ERROR) => take('disabled', id, revision, message),
    },
    (id, { message }) => void failures.push(`${id}: ${message}`),
  );
  return { registry, taken, failures, state };
}

it('what the registry did not take of a plugin config is told again, until it is taken', async () => {
  const { registry, taken, failures, state } = harness();

  await expect(registry.recordLoad(1, {})).rejects.toThrow('The table is away');
  await expect(registry.disable(2, 7, ERROR)).rejects.toThrow('The table is away');
  await registry.tellAgain(() => true);
  state.isAway = false;
  await registry.tellAgain(() => true);
  await registry.tellAgain(() => true);

  expect(failures).toEqual(['1: The table is away', '2: The table is away']);
  expect(taken).toEqual([
    ['loaded', 1, {}],
    ['disabled', 2, 7, 'no key'],
  ]);
});

it('only the latest of a plugin config is told again, and nothing of one that is gone', async () => {
  const { registry, taken, state } = harness();
  await registry.recordError(1, ERROR).catch(() => {});
  await registry.recordLoad(2, {}).catch(() => {});
  await registry.recordError(3, ERROR).catch(() => {});

  await registry.recordLoad(1, {}).catch(() => {});
  state.isAway = false;
  await registry.recordLoad(2, {});
  await registry.tellAgain((id) => id !== 3);

  expect(taken).toEqual([
    ['loaded', 2, {}],
    ['loaded', 1, {}],
  ]);
});
