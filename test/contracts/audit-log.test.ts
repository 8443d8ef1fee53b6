import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../shared/registry/audit-log.ts';
import { startTestRegistry } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

const ENTRY: Omit<AuditEntry, 'at'> = {
  actor: '0123456789abcdef',
  action: 'plugin_config.update',
  subject: 'plugin_config 7',
  before: { enabled: false },
  after: { enabled: true, odd: { '': [1e300] } },
};

describe('the audit log', () => {
  it('shows who changed what, the newest first, page by page', async () => {
    await using registry = await startTestRegistry(bucket);
    const { audit, world } = registry;
    for (let count = 1; count <= 5; count++) {
      await audit.append({ ...ENTRY, subject: `project ${count}` });
      world.now += 1000;
    }

    const first = await audit.list({ limit: 2 });
    await audit.append({ ...ENTRY, subject: 'later' });
    const second = await audit.list({ limit: 2, cursor: first.cursor ?? '' });
    const third = await audit.list({ limit: 2, cursor: second.cursor ?? '' });

    expect(first.entries[0]).toEqual({ ...ENTRY, subject: 'project 5', at: '2026-11-21T00:00:04.000Z' });
    const subjects = [first, second, third].map(({ entries }) => entries.map(({ subject }) => subject));
    expect(subjects).toEqual([['project 5', 'project 4'], ['project 3', 'project 2'], ['project 1']]);
    expect(third.cursor).toBeNull();
    expect((await audit.list()).entries).toHaveLength(6);
  });

  it('keeps all that happens in one moment', async () => {
    await using registry = await startTestRegistry(bucket);

    await Promise.all(
      Array.from({ length: 20 }, (_, index) => registry.audit.append({ ...ENTRY, subject: `${index}` })),
    );

    expect((await registry.audit.list()).entries).toHaveLength(20);
  });

  it('has one entry of a change whose answer got lost', async () => {
    await using registry = await startTestRegistry(bucket);

    await registry.repeating().audit.append(ENTRY);

    expect((await registry.audit.list()).entries).toHaveLength(1);
  });

  it('says nothing of nothing, and little of what is too large', async () => {
    await using registry = await startTestRegistry(bucket);

    await registry.audit.append({ ...ENTRY, before: undefined, after: 'x'.repeat(500_000) });

    const [entry] = (await registry.audit.list()).entries;
    expect(entry).toMatchObject({ before: null, after: '500002 characters of JSON, too long to be kept' });
  });

  it('takes no cursor but its own', async () => {
    await using registry = await startTestRegistry(bucket);

    await expect(registry.audit.list({ cursor: 'x' })).rejects.toThrow(
      'The cursor must be one that a page before had; got "x"',
    );
  });

  it('is no change of what runs', async () => {
    await using registry = await startTestRegistry(bucket);

    await registry.audit.append(ENTRY);
    await registry.tokens.create({ name: 'x', scopes: ['admin'], projects: 'all' });

    expect(await registry.reader.readVersion()).toBe(0);
  });
});
