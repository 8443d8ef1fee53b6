import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewApiToken } from '../../shared/registry/api-tokens.ts';
import { startTestRegistry } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

const ADMIN: NewApiToken = { name: 'Console', scopes: ['admin'], projects: 'all' };

describe('an API token', () => {
  it('is shown once; what is kept finds it, and cannot be used', async () => {
    await using registry = await startTestRegistry(bucket);
    const given: NewApiToken = { name: ' CI ', scopes: ['project:read', 'project:write'], projects: [1, 2] };

    const { token, shown } = await registry.tokens.create(given);

    expect(token).toMatch(/^hog_[0-9A-Za-z]{43}$/);
    expect(shown).toEqual({
      ...given,
      name: 'CI',
      id: createHash('sha256').update(token).digest('hex').slice(0, 16),
      createdAt: '2026-11-21T00:00:00.000Z',
      lastUsedAt: null,
      revokedAt: null,
    });
    expect(await registry.tokens.find(token)).toEqual(shown);
    expect(await registry.tokens.list()).toEqual([shown]);
    expect(await registry.dump()).not.toContain(token.slice(4));
  });

  it('is found in one read', async () => {
    await using registry = await startTestRegistry(bucket);
    const { token } = await registry.tokens.create(ADMIN);
    const counted = registry.dying();

    await counted.tokens.find(token);

    expect(counted.made.calls).toBe(1);
  });

  it('is none when it is another one; nonsense costs no read', async () => {
    await using registry = await startTestRegistry(bucket);
    const { token, shown } = await registry.tokens.create(ADMIN);
    const counted = registry.dying();

    for (const wrong of ['', 'hog_', shown.id, `${token}x`, token.toLowerCase().slice(0, 20), 'x'.repeat(100_000)])
      expect(await counted.tokens.find(wrong)).toBeNull();
    expect(counted.made.calls).toBe(0);
    expect(await counted.tokens.find(`hog_${'x'.repeat(43)}`)).toBeNull();
  });

  it('is worth nothing once it is revoked, and stays on the list', async () => {
    await using registry = await startTestRegistry(bucket);
    const { tokens, world } = registry;
    const { token, shown } = await tokens.create(ADMIN);
    const other = await tokens.create(ADMIN);

    await tokens.revoke(shown.id);
    world.now += 60_000;
    await tokens.revoke(shown.id);

    expect(await tokens.find(token)).toBeNull();
    expect(await tokens.find(other.token)).not.toBeNull();
    expect((await tokens.list()).find(({ id }) => id === shown.id)?.revokedAt).toBe('2026-11-21T00:00:00.000Z');
    await expect(tokens.revoke('0123456789abcdef')).rejects.toMatchObject({ code: 'not-found' });
    await expect(tokens.revoke('')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('remembers the hour of its last use, and costs no request within it', async () => {
    await using registry = await startTestRegistry(bucket);
    const { tokens, world } = registry;
    const { token } = await tokens.create(ADMIN);
    world.now += 5_400_000;

    await tokens.markUsed((await tokens.find(token)) as NonNullable<Awaited<ReturnType<typeof tokens.find>>>);
    const used = await tokens.find(token);
    const counted = registry.dying(0);
    world.now += 1_000_000;
    await counted.tokens.markUsed(used as NonNullable<typeof used>);

    expect(used?.lastUsedAt).toBe('2026-11-21T01:00:00.000Z');
    expect(counted.made.calls).toBe(0);
    world.now += 3_600_000;
    await tokens.markUsed(used as NonNullable<typeof used>);
    expect((await tokens.find(token))?.lastUsedAt).toBe('2026-11-21T02:00:00.000Z');
  });

  it.each([
    ['no name', { name: ' ' }, 'name'],
    ['no scope', { scopes: [] }, 'scopes'],
    ['a scope that there is not', { scopes: ['root' as 'admin'] }, 'scopes'],
    ['no project', { projects: [] }, 'projects'],
  ])('with %s is refused', async (_, change, field) => {
    await using registry = await startTestRegistry(bucket);

    const create = registry.tokens.create({ ...ADMIN, ...change });

    await expect(create).rejects.toMatchObject({ code: 'invalid', fields: { [field]: expect.any(String) } });
    expect(await registry.tokens.list()).toEqual([]);
  });
});
