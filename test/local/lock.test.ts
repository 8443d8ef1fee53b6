import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LockedError, takeLock } from '../../local/lock.ts';
import { temporaryDirectory } from '../support/local-stack.ts';

test('a lock is held until it is given back', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'lock');
  const giveBack = await takeLock(path);

  await expect(takeLock(path)).rejects.toThrow(LockedError);

  await giveBack();
  await (await takeLock(path))();
});

test.each([
  ['of a process that has ended', JSON.stringify({ processId: 2 ** 22 + 1, startedAt: '1' })],
  ['of an earlier process with the same id', JSON.stringify({ processId: process.pid, startedAt: '1' })],
  ['that was half written', '{"proc'],
])('a lock %s is taken over', async (_title, content) => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'lock');
  await writeFile(path, content);

  await expect(takeLock(path)).resolves.toBeTypeOf('function');
});
