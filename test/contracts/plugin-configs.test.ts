import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET_MASK } from '../../shared/registry/check-config.ts';
import { MAX_ATTACHMENT_BYTES } from '../../shared/registry/put-attachment.ts';
import { startTestRegistry, versionSaying } from '../support/registry-stores.ts';
import { startTestBucket, type TestBucket } from '../support/s3.ts';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startTestBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

const FIELDS = [
  { key: 'host', default: 'https://example.com', required: true },
  { key: 'apiKey', secret: true, required: true },
  { key: 'mode', type: 'choice', choices: ['fast', 'slow'], default: 'slow' },
  { key: 'file', type: 'attachment' },
];

/** A registry with project 1 and plugin 1. */
async function withPlugin(fields: object[] = FIELDS) {
  const registry = await startTestRegistry(bucket);
  const { id: projectId } = await registry.projects.create({ name: 'Shop' });
  const { id: pluginId } = await registry.plugins.create(await versionSaying('one', fields));
  return { ...registry, place: { projectId, pluginId } };
}

/** What the plugin gets as `meta.config`. */
async function runtimeConfig({ reader, secrets }: Awaited<ReturnType<typeof withPlugin>>, id: number) {
  const config = (await reader.readAll()).pluginConfigs.find((each) => each.id === id);
  const opened = Object.entries(config?.secrets ?? {}).map(
    async ([key, sealed]) => [key, await secrets.open(['plugin-config', id, key], sealed)] as const,
  );
  return { ...config?.config, ...Object.fromEntries(await Promise.all(opened)) };
}

describe('a plugin config', () => {
  it('is made with the defaults of its plugin, disabled, at the end of the chain', async () => {
    await using registry = await withPlugin();

    const first = await registry.configs.create(registry.place);
    const second = await registry.configs.create(registry.place, { values: { host: 'https://own.example' } });

    expect(first).toEqual({
      id: 1,
      projectId: 1,
      pluginId: 1,
      enabled: false,
      order: 1,
      values: { host: 'https://example.com', mode: 'slow' },
      secrets: { apiKey: false },
      attachments: {},
      allowedHosts: null,
      revision: expect.any(Number),
    });
    expect([second.id, second.order, second.values['host']]).toEqual([2, 2, 'https://own.example']);
    expect(await registry.configs.list(1)).toEqual([first, second]);
    expect(await registry.configs.find(2)).toEqual(second);
  });

  it('is read by those who run it as it was stored', async () => {
    await using registry = await withPlugin();
    const values = { host: 'h', apiKey: 'phx_1', odd: { '': [1e300, -0, null], deep: [[[[[]]]]] } };

    const { id } = await registry.configs.create(registry.place, {
      enabled: true,
      values,
      allowedHosts: ['a.example'],
    });

    expect(await runtimeConfig(registry, id)).toEqual({
      ...values,
      mode: 'slow',
      odd: { '': [1e300, 0, null], deep: [[[[[]]]]] },
    });
    expect((await registry.reader.readAll()).pluginConfigs).toMatchObject([
      { enabled: true, allowedHosts: ['a.example'] },
    ]);
  });

  it('can be changed bit by bit: what is left out stays, null takes away', async () => {
    await using registry = await withPlugin();
    const { configs, place } = registry;
    const { id } = await configs.create(place, { values: { extra: 1, apiKey: 'phx_1' }, allowedHosts: ['a.example'] });

    await configs.update(id, { values: { extra: 2, mode: null } });
    const changed = await configs.update(id, { enabled: true });
    const opened = await configs.update(id, { allowedHosts: null });

    expect(changed).toMatchObject({
      enabled: true,
      values: { host: 'https://example.com', extra: 2 },
      secrets: { apiKey: true },
      allowedHosts: ['a.example'],
    });
    expect(changed.values).not.toHaveProperty('mode');
    expect(opened.allowedHosts).toBeNull();
  });

  it('is refused with all that is wrong, by field, and nothing is stored', async () => {
    await using registry = await withPlugin();
    const { configs, place, reader } = registry;
    const { id } = await configs.create(place);
    const before = await reader.readAll();

    const update = configs.update(id, { enabled: true, values: { host: '', mode: 'medium' } });

    await expect(update).rejects.toMatchObject({
      name: 'RegistryRefusal',
      code: 'invalid',
      fields: { host: 'is required', apiKey: 'is required', mode: 'must be one of fast, slow; got "medium"' },
      message: expect.stringMatching(/plugin config 1 cannot be stored:\n- host: is required\n/),
    });
    expect(await reader.readAll()).toEqual(before);
  });

  it('may lack what is required until it is enabled', async () => {
    await using registry = await withPlugin();
    const { configs, place } = registry;
    const { id } = await configs.create(place);

    await expect(configs.update(id, { enabled: true })).rejects.toMatchObject({ fields: { apiKey: 'is required' } });
    await configs.update(id, { values: { apiKey: 'phx_1' } });
    expect(await configs.update(id, { enabled: true })).toMatchObject({ enabled: true });
    await expect(configs.update(id, { values: { apiKey: null } })).rejects.toMatchObject({ code: 'invalid' });
  });

  it('is refused in a project or of a plugin that does not exist', async () => {
    await using registry = await withPlugin();

    await expect(registry.configs.create({ projectId: 9, pluginId: 1 })).rejects.toThrow('There is no project 9');
    await expect(registry.configs.create({ projectId: 1, pluginId: 9 })).rejects.toThrow('There is no plugin 9');
    await expect(registry.configs.update(9, {})).rejects.toThrow('There is no plugin config 9');
    await expect(registry.configs.find(9)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is refused when it does not fit into an item; the largest value is named', async () => {
    await using registry = await withPlugin([]);
    const values = { small: 'x', large: 'ü'.repeat(200_000) };

    await expect(registry.configs.create(registry.place, { values })).rejects.toMatchObject({
      code: 'invalid',
      fields: { large: expect.stringContaining('upload what is large as an attachment') },
    });
  });

  it('gets an id that no plugin config ever had, also where ids were chosen by hand', async () => {
    await using registry = await withPlugin([]);
    const { configs, writer, place } = registry;
    await writer.putPluginConfig({
      id: 7,
      teamId: 1,
      pluginId: 1,
      enabled: true,
      order: 0,
      config: {},
      attachments: {},
    });
    await writer.removePluginConfig(7);

    const made = await Promise.all([configs.create(place), configs.create(place), configs.create(place)]);

    expect(new Set(made.map(({ id }) => id))).toEqual(new Set([8, 9, 10]));
  });
});

describe('a change that was decided on what is no longer so', () => {
  it('is refused: of two that saw the same one is stored', async () => {
    await using registry = await withPlugin([]);
    const seen = await registry.configs.create(registry.place);

    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((value) => registry.configs.update(seen.id, { values: { [value]: 1 } }, seen)),
    );

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'conflict', message: expect.stringContaining('plugin config 1') });
    expect(Object.keys((await registry.configs.find(seen.id)).values)).toHaveLength(1);
  });

  it('is stored with the others when it does not say what it saw', async () => {
    await using registry = await withPlugin([]);
    const { id } = await registry.configs.create(registry.place);

    await Promise.all(['a', 'b', 'c'].map((value) => registry.configs.update(id, { values: { [value]: 1 } })));

    expect((await registry.configs.find(id)).values).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('does not enable again what was disabled in the meantime because of an error', async () => {
    await using registry = await withPlugin([]);
    const { configs, database, reader, place } = registry;
    const { id } = await configs.create(place, { enabled: true });
    const [{ revision } = { revision: 0 }] = (await reader.readAll()).pluginConfigs;
    const { createRegistryErrors } = await import('../../shared/registry/registry-errors.ts');
    const error = { name: 'Error', message: 'no', time: '2026-01-01T00:00:00.000Z', hook: 'setupPlugin' };
    await createRegistryErrors(database).disable(id, revision, error);

    const changed = await configs.update(id, { values: { a: 1 } });

    expect(changed).toMatchObject({ enabled: false, error, values: { a: 1 } });
  });
});

describe('secrets of a plugin config', () => {
  it('are sealed before they are stored, shown as set or not set, and read by the plugin alone', async () => {
    await using registry = await withPlugin();
    const { configs, place } = registry;

    const created = await configs.create(place, { values: { apiKey: 'planted-1', host: 'h' } });
    const shown = [created, await configs.update(created.id, { enabled: true }), ...(await configs.list(1))];

    expect(await registry.dump()).not.toContain('planted');
    expect(JSON.stringify(shown)).not.toContain('planted');
    expect(shown.map(({ secrets }) => secrets)).toEqual([{ apiKey: true }, { apiKey: true }, { apiKey: true }]);
    expect(await runtimeConfig(registry, created.id)).toMatchObject({ apiKey: 'planted-1' });
  });

  it('stay when they are left out, or sent back as they were shown; can be replaced and taken away', async () => {
    await using registry = await withPlugin();
    const { configs, place } = registry;
    const { id } = await configs.create(place, { values: { apiKey: 'planted-1' } });
    const apiKey = async () => (await runtimeConfig(registry, id))['apiKey'];

    await configs.update(id, { values: { apiKey: SECRET_MASK, host: 'h' } });
    expect(await apiKey()).toBe('planted-1');
    await configs.update(id, { values: { apiKey: 'planted-2' } });
    expect(await apiKey()).toBe('planted-2');
    expect((await configs.update(id, { values: { apiKey: '' } })).secrets).toEqual({ apiKey: false });
    expect(await apiKey()).toBe('');
    expect((await configs.update(id, { values: { apiKey: null } })).secrets).toEqual({ apiKey: false });
    expect(await apiKey()).toBeUndefined();
    expect(await registry.dump()).not.toContain('planted');
  });

  it('do not appear in a refusal', async () => {
    const secret = true;
    await using registry = await withPlugin([
      { key: 'json', secret, type: 'json' },
      { key: 'choice', secret, type: 'choice', choices: ['a'] },
      { key: 'text', secret },
    ]);
    const values = { json: '{planted', choice: 'planted', text: { planted: 1 } };

    const error = (await registry.configs
      .create(registry.place, { values })
      .catch((reason: unknown) => reason)) as Error;

    expect(error).toMatchObject({
      code: 'invalid',
      fields: {
        json: 'must be JSON; got text that is none',
        choice: 'must be one of a',
        text: 'must be text; got an object',
      },
    });
    expect(JSON.stringify([error.message, error.stack, error])).not.toContain('planted');
  });

  it('cannot be moved to another plugin config by who can write the table', async () => {
    await using registry = await withPlugin();
    const { configs, place, secrets, reader } = registry;
    const { id } = await configs.create(place, { values: { apiKey: 'planted' } });
    const sealed = (await reader.readAll()).pluginConfigs.find((each) => each.id === id)?.secrets?.['apiKey'] ?? '';

    await expect(secrets.open(['plugin-config', id + 1, 'apiKey'], sealed)).rejects.toThrow('sealed for another place');
  });

  it('stay readable when the key is rotated; what is stored later has the new one', async () => {
    await using registry = await withPlugin();
    const { configs, place, world } = registry;
    const { id } = await configs.create(place, { values: { apiKey: 'old' } });

    Object.assign(world.keys, { current: 'k2', k2: 'b'.repeat(43) });
    world.now += 3_600_000;
    const later = await configs.create(place, { values: { apiKey: 'new' } });

    expect(await runtimeConfig(registry, id)).toMatchObject({ apiKey: 'old' });
    expect(await runtimeConfig(registry, later.id)).toMatchObject({ apiKey: 'new' });
    expect(await registry.dump()).toMatch(/v1\.k1\..*v1\.k2\./s);
  });
});

describe('attachments of a plugin config', () => {
  const file = { contentType: 'application/json', fileName: 'key.json' };

  it('are uploaded first and named afterwards, and can be taken away', async () => {
    await using registry = await withPlugin();
    const { configs, place, reader } = registry;
    const attachment = await configs.putAttachment(file, Buffer.from('{}'));

    const created = await configs.create(place, { attachments: { file: attachment } });

    expect(created.attachments).toEqual({ file: attachment });
    expect(String(await reader.readAttachment(attachment.key))).toBe('{}');
    expect((await configs.update(created.id, { attachments: { file: null } })).attachments).toEqual({});
  });

  it('may have 10 MB, and not a byte more', async () => {
    await using registry = await withPlugin();
    const contents = Buffer.alloc(MAX_ATTACHMENT_BYTES);

    await expect(registry.configs.putAttachment(file, contents)).resolves.toMatchObject(file);
    await expect(
      registry.configs.putAttachment(file, Buffer.concat([contents, Buffer.alloc(1)])),
    ).rejects.toMatchObject({
      code: 'invalid',
      fields: { contents: 'has 10485761 bytes; up to 10485760 are allowed' },
    });
  });

  it('are refused where plugin.json asks for none', async () => {
    await using registry = await withPlugin();
    const attachment = await registry.configs.putAttachment(file, Buffer.from('x'));

    const create = registry.configs.create(registry.place, { attachments: { host: attachment } });

    await expect(create).rejects.toMatchObject({ fields: { host: 'takes no file: it is of type string' } });
  });
});
