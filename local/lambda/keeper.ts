/*
 * A process of its own that outlives the local stack by a moment. It reads process groups from stdin, `+id` and `-id` a
 * line; when the pipe closes, however the local stack ended, it kills every group that is left and removes the directory
 * that is its argument. A stopped function could not see its parent die.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { signalGroup } from './process-group.ts';

const groups = new Set<number>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const groupId = Number(line.slice(1));
    if (line.startsWith('+')) groups.add(groupId);
    else groups.delete(groupId);
  })
  .on('close', () => {
    for (const groupId of groups) signalGroup(groupId, 'SIGKILL');
    const [runDirectory] = process.argv.slice(2);
    if (runDirectory !== undefined) rmSync(runDirectory, { recursive: true, force: true });
    process.exit();
  });
