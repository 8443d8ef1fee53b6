import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { watchFolders } from '../../cli/watch-folders.ts';
import { temporaryDirectory } from '../support/local-stack.ts';

/** Longer than changes take to be noticed. */
const QUIET_MILLISECONDS = 400;

describe('a folder that is watched', () => {
  it('tells of changes in folders that are made later, and in those that are made anew', async () => {
    await using directory = await temporaryDirectory();
    const watching = watchFolders([directory.path]);
    const inner = join(directory.path, 'lib/deep');

    await mkdir(inner, { recursive: true });
    const made = await watching.next();
    await writeFile(join(inner, 'a.js'), '1');
    const written = await watching.next();
    await rm(join(directory.path, 'lib'), { recursive: true });
    const removed = await watching.next();
    await mkdir(inner, { recursive: true });
    await watching.next();
    await writeFile(join(inner, 'a.js'), '2');
    const again = await watching.next();
    watching.close();

    expect([made, written, removed, again]).toEqual([true, true, true, true]);
  });

  it('says nothing of packages, version control and the files of editors', async () => {
    await using directory = await temporaryDirectory();
    await mkdir(join(directory.path, 'node_modules/a'), { recursive: true });
    await mkdir(join(directory.path, '.git'));
    const watching = watchFolders([directory.path]);
    let told = false;
    const next = watching.next().then((changed) => (told = changed));

    await writeFile(join(directory.path, 'node_modules/a/index.js'), '');
    await writeFile(join(directory.path, '.git/HEAD'), '');
    await writeFile(join(directory.path, '.index.js.swp'), '');
    await sleep(QUIET_MILLISECONDS);
    expect(told).toBe(false);
    watching.close();
    await next;

    expect(told).toBe(false);
  });

  it('does not miss what changes while the last change is worked on', async () => {
    await using directory = await temporaryDirectory();
    const watching = watchFolders([directory.path]);
    await writeFile(join(directory.path, 'a.js'), '1');
    await watching.next();

    await writeFile(join(directory.path, 'a.js'), '2');
    await sleep(QUIET_MILLISECONDS);
    const noticed = await watching.next();
    watching.close();

    expect(noticed).toBe(true);
  });
});
