import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemblyKey, cachedAssembly } from '../../local/cached-assembly.ts';
import { LOCAL_CONTEXT } from '../../local/local-settings.ts';
import { temporaryDirectory } from '../support/local-stack.ts';

describe('the cloud assembly', () => {
  it('stays as it is when nothing that it is made of has changed', async () => {
    await using own = await temporaryDirectory();
    const directory = join(own.path, 'assembly');
    await mkdir(directory);
    await writeFile(join(directory, 'made-of.sha256'), await assemblyKey(LOCAL_CONTEXT));
    let made = 0;

    await cachedAssembly({ directory, context: LOCAL_CONTEXT, onSynthesis: () => made++ });

    expect([made, await readdir(directory)]).toEqual([0, ['made-of.sha256']]);
  });

  it('is made of the settings, too', async () => {
    const [one, same, other] = await Promise.all([assemblyKey({ a: 1 }), assemblyKey({ a: 1 }), assemblyKey({ a: 2 })]);

    expect([one === same, one === other]).toEqual([true, false]);
  });

  it('that is there stays whole when making another one is broken off, and is not taken for the new one', async () => {
    await using own = await temporaryDirectory();
    const directory = join(own.path, 'assembly');
    await mkdir(directory);
    await writeFile(join(directory, 'made-of.sha256'), 'of something else');
    const interruption = new AbortController();
    const context = LOCAL_CONTEXT;

    const making = cachedAssembly({
      directory,
      context,
      signal: interruption.signal,
      onSynthesis: () => setTimeout(() => interruption.abort(), 500),
    });

    await expect(making).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await readFile(join(directory, 'made-of.sha256'), 'utf8')).toBe('of something else');
  });
});
