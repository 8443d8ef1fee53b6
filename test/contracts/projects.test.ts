import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, versionSaying } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

describe('a project', () => {
  it('is made with a token and what most people want', async () => {
    await using registry = await startTestRegistry(bucket);

    const project = await registry.projects.create({ name: ' Shop ' });

    expect(project).toEqual({
      id: 1,
      name: 'Shop',
      token: expect.stringMatching(/^phc_[0-9A-Za-z]{43}$/),
      anonymizeIps: false,
      timezone: 'UTC',
      posthogHost: null,
      posthogProjectKey: null,
      hasPersonalApiKey: false,
      createdAt: '2026-11-21T00:00:00.000Z',
      revision: expect.any(Number),
    });
    expect(await registry.projects.find(1)).toEqual(project);
    expect(await registry.projects.list()).toEqual([project]);
    expect((await registry.reader.readAll()).projects).toEqual([
      { id: 1, name: 'Shop', token: project.token, anonymizeIps: false, timezone: 'UTC' },
    ]);
  });

  it('can have the id of a team of PostHog, once; ids that are given out go on above it', async () => {
    await using registry = await startTestRegistry(bucket);

    const chosen = await registry.projects.create({ name: 'Team 42' }, 42);

    expect(chosen.id).toBe(42);
    await expect(registry.projects.create({ name: 'Again' }, 42)).rejects.toMatchObject({ code: 'exists' });
    expect(await registry.projects.find(42)).toEqual(chosen);
    expect((await registry.projects.create({ name: 'Next' })).id).toBe(43);
    await expect(registry.projects.create({ name: 'None' }, 0)).rejects.toMatchObject({
      fields: { id: expect.anything() },
    });
  });

  it('can be renamed and set up; what is left out stays', async () => {
    await using registry = await startTestRegistry(bucket);
    const { projects } = registry;
    const { id, token } = await projects.create({ name: 'Shop' });

    await projects.update(id, {
      name: 'Store',
      anonymizeIps: true,
      timezone: 'Europe/Berlin',
      posthogHost: 'https://eu.posthog.com/',
      posthogProjectKey: 'phc_there',
    });
    const changed = await projects.update(id, { posthogProjectKey: null });

    expect(changed).toMatchObject({
      name: 'Store',
      token,
      anonymizeIps: true,
      timezone: 'Europe/Berlin',
      posthogHost: 'https://eu.posthog.com',
      posthogProjectKey: null,
    });
    expect((await projects.update(id, { posthogHost: null })).posthogHost).toBeNull();
    await expect(projects.update(9, { name: 'x' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ timezone: 'Mars/Olympus' }, 'timezone'],
    [{ timezone: '+02:00' }, 'timezone'],
    [{ timezone: '' }, 'timezone'],
    [{ posthogHost: 'eu.posthog.com' }, 'posthogHost'],
    [{ posthogHost: 'ftp://eu.posthog.com' }, 'posthogHost'],
    [{ posthogHost: 'https://me:planted@eu.posthog.com' }, 'posthogHost'],
    [{ posthogHost: 'https://eu.posthog.com/?a=1' }, 'posthogHost'],
    [{ posthogProjectKey: 'two words' }, 'posthogProjectKey'],
    [{ personalApiKey: 'planted\nplanted' }, 'personalApiKey'],
    [{ personalApiKey: '' }, 'personalApiKey'],
  ])('refuses %j, by field, without a word of a secret', async (change, field) => {
    await using registry = await startTestRegistry(bucket);
    const { id } = await registry.projects.create({ name: 'Shop' });

    const error = await registry.projects.update(id, change).catch((reason: unknown) => reason as Error);

    expect(error).toMatchObject({ code: 'invalid', fields: { [field]: expect.any(String) } });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('planted');
  });

  it('is changed by one of two that saw the same; the other is told', async () => {
    await using registry = await startTestRegistry(bucket);
    const seen = await registry.projects.create({ name: 'Shop' });

    const outcomes = await Promise.allSettled(
      ['A', 'B'].map((name) => registry.projects.update(seen.id, { name }, seen)),
    );

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(registry.projects.update(seen.id, { name: 'C' }, seen)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('cannot be removed while plugins are configured in it', async () => {
    await using registry = await startTestRegistry(bucket);
    const { projects, plugins, configs } = registry;
    const { id: projectId } = await projects.create({ name: 'Shop' });
    const { id: pluginId } = await plugins.create(await versionSaying('one'));
    const { id } = await configs.create({ projectId, pluginId });
    await configs.rearrange(projectId, { [id]: 1 });

    await expect(projects.remove(projectId)).rejects.toMatchObject({ code: 'in-use', users: [id] });
    await configs.remove(id);
    await projects.remove(projectId);

    expect(await projects.list()).toEqual([]);
    expect(await registry.dump()).not.toContain('"chain"');
  });
});

describe('the token of a project', () => {
  it('leads to it in one read', async () => {
    await using registry = await startTestRegistry(bucket);
    await registry.projects.create({ name: 'Other' });
    const project = await registry.projects.create({ name: 'Large' }, 2_147_483_647);
    const counted = registry.dying();

    expect(await counted.projects.findByToken(project.token)).toEqual(project);
    expect(counted.made.calls).toBe(1);
  });

  it('is none of anybody’s when a letter of it is another one, or it is no token at all', async () => {
    await using registry = await startTestRegistry(bucket);
    const { token } = await registry.projects.create({ name: 'Shop' });
    const changed = `${token.slice(0, 10)}${token[10] === 'a' ? 'b' : 'a'}${token.slice(11)}`;

    for (const wrong of [
      changed,
      '',
      'phc_',
      token.slice(0, -1),
      `${token} `,
      `phc_${'z'.repeat(43)}`,
      token.replace(/1$/, '2'),
    ])
      expect([wrong, await registry.projects.findByToken(wrong)]).toEqual([wrong, null]);
  });

  it('can be replaced: from then on the old one is worth nothing', async () => {
    await using registry = await startTestRegistry(bucket);
    const { projects, reader } = registry;
    const before = await projects.create({ name: 'Shop' });
    const { version } = await reader.readAll();

    const after = await projects.rotateToken(before.id, before);

    expect(after.token).not.toBe(before.token);
    expect(await projects.findByToken(before.token)).toBeNull();
    expect(await projects.findByToken(after.token)).toEqual(after);
    expect(await reader.readVersion()).toBe(version + 1);
    await expect(projects.rotateToken(before.id, before)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('the personal API key of a project', () => {
  it('is sealed, never shown, and can be replaced and taken away', async () => {
    await using registry = await startTestRegistry(bucket);
    const { projects, reader, secrets } = registry;
    const { id } = await projects.create({ name: 'Shop', personalApiKey: 'phx_planted1' });
    const opened = async () => {
      const sealed = (await reader.readAll()).projects[0]?.personalApiKey;
      return sealed && (await secrets.open(['project', id, 'personalApiKey'], sealed));
    };

    expect(await opened()).toBe('phx_planted1');
    const shown = await projects.update(id, { personalApiKey: 'phx_planted2' });
    expect([shown.hasPersonalApiKey, await opened()]).toEqual([true, 'phx_planted2']);
    expect(JSON.stringify([shown, await projects.list(), await registry.dump()])).not.toContain('planted');
    expect(await projects.update(id, { personalApiKey: null })).toMatchObject({ hasPersonalApiKey: false });
    expect(await opened()).toBeUndefined();
  });
});
