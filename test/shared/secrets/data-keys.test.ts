import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDataKeys } from '../../../shared/secrets/data-keys.ts';
import { createSecrets } from '../../../shared/secrets/secrets.ts';

const KEY = (letter: string) => letter.repeat(64);

/** Keys out of a secret that a test can change and take away. */
function keysIn(keys: unknown = { current: 'k1', k1: KEY('a') }) {
  const world = { now: 0, text: JSON.stringify(keys), outage: null as Error | null, reads: 0 };
  const dataKeys = createDataKeys({
    async readSecret() {
      world.reads++;
      await new Promise((resolve) => setImmediate(resolve));
      if (world.outage !== null) throw world.outage;
      return world.text;
    },
    clock: () => world.now,
  });
  return { world, dataKeys, secrets: createSecrets({ keys: dataKeys, randomBytes }) };
}

const PLACE = ['plugin-config', 7, 'apiKey'] as const;

describe('the keys of secrets', () => {
  it('are read once, however many ask at once, and then only now and then', async () => {
    const { world, secrets } = keysIn();

    const sealed = await Promise.all(Array.from({ length: 10 }, (_, index) => secrets.seal(PLACE, index)));
    await Promise.all(sealed.map((text) => secrets.open(PLACE, text)));
    expect(world.reads).toBe(1);

    world.now += 300_000;
    await Promise.all(sealed.map((text) => secrets.open(PLACE, text)));
    expect(world.reads).toBe(1);
    await secrets.seal(PLACE, 'later');
    expect(world.reads).toBe(2);
  });

  it('are read anew after a failure, which those who asked hear of', async () => {
    const { world, secrets } = keysIn();
    world.outage = new Error('Cannot read the secret: ThrottlingException');
    await expect(secrets.seal(PLACE, 1)).rejects.toThrow('ThrottlingException');

    world.outage = null;

    expect(await secrets.open(PLACE, await secrets.seal(PLACE, 1))).toBe(1);
  });

  it('can be rotated: what was sealed with the old one is opened, what is sealed later has the new one', async () => {
    const writer = keysIn();
    const reader = keysIn();
    const old = await writer.secrets.seal(PLACE, 'old');
    await reader.secrets.open(PLACE, old);

    const rotated = JSON.stringify({ current: 'k2', k2: KEY('b'), k1: KEY('a') });
    Object.assign(writer.world, { text: rotated, now: 300_000 });
    Object.assign(reader.world, { text: rotated });
    const fresh = await writer.secrets.seal(PLACE, 'new');

    expect([old.split('.')[1], fresh.split('.')[1]]).toEqual(['k1', 'k2']);
    expect(await reader.secrets.open(PLACE, old)).toBe('old');
    expect(await reader.secrets.open(PLACE, fresh)).toBe('new');
  });

  it('that are not there are looked for twice a minute, not more', async () => {
    const { world, secrets } = keysIn();
    const sealed = (await secrets.seal(PLACE, 1)).replace('.k1.', '.k9.');

    for (let attempt = 0; attempt < 10; attempt++)
      await expect(secrets.open(PLACE, sealed)).rejects.toThrow(
        'sealed with the key "k9"; the secret with the keys has k1',
      );
    expect(world.reads).toBe(2);
    world.now += 30_000;
    await expect(secrets.open(PLACE, sealed)).rejects.toThrow('k9');

    expect(world.reads).toBe(3);
  });

  it.each<[string, unknown]>([
    ['is no object', ['planted-secret']],
    ['names no key that writes', { k1: KEY('planted') }],
    ['names one that is not there', { current: 'k2', k1: KEY('planted') }],
    ['has a key that is too short', { current: 'k1', k1: 'planted-secret' }],
    ['has a name that cannot stand in an envelope', { current: 'a.b', 'a.b': KEY('planted') }],
  ])('are refused when the secret %s, by an error that does not show them', async (_, keys) => {
    const { secrets } = keysIn(keys);

    const error = await secrets.seal(PLACE, 1).catch((reason: unknown) => reason as Error);

    expect(error).toBeInstanceOf(Error);
    expect(String((error as Error).stack)).not.toContain('planted');
    expect((error as Error).message).toMatch(/^The secret with the keys /);
  });

  it('are refused when the secret is no JSON, by an error that does not show it', async () => {
    const { world, secrets } = keysIn();
    world.text = 'planted-secret';

    const error = await secrets.seal(PLACE, 1).catch((reason: unknown) => reason as Error);

    expect(String((error as Error).stack)).not.toContain('planted');
    expect((error as Error).cause).toBeUndefined();
  });
});

describe('a secret', () => {
  it.each(['text', '', 0, false, null, { a: [1, 'ü'] }])('may be anything that JSON has: %j', async (value) => {
    const { secrets } = keysIn();

    expect(await secrets.open(PLACE, await secrets.seal(PLACE, value))).toEqual(value);
  });

  it('that cannot be opened is an error that names its place, and shows neither it nor its envelope', async () => {
    const { secrets } = keysIn();
    const sealed = await secrets.seal(['plugin-config', 8, 'apiKey'], 'planted-secret');

    const error = (await secrets.open(PLACE, sealed).catch((reason: unknown) => reason)) as Error;

    expect(error.message).toContain('The secret "apiKey" of plugin-config 7 cannot be opened: it was changed');
    expect(error.message).toContain('enter it again');
    expect(JSON.stringify([error.message, error.stack])).not.toMatch(/planted|v1\.k1/);
  });
});
