import { describe, expect, it } from 'vitest';
import type { PluginLogLine } from '../../../shared/sandbox/plugin-report.ts';
import type { LoadResult } from '../../../shared/sandbox/protocol.ts';
import { configOf, DEADLINE, ERROR, harness, RETRY } from '../../support/followed-registry.ts';

describe('attachments', () => {
  const file = (name: string) => ({ contentType: 'text/plain', fileName: `${name}.txt`, key: `attachments/${name}` });

  it('come with the plugin config, each read once, however many plugin configs have it', async () => {
    const { follower, installations, reads, change } = harness(
      configOf(1, { attachments: { key: file('a'), other: file('b') } }),
      configOf(2, { attachments: { key: file('a') } }),
    );

    await follower.refresh(DEADLINE);
    change(configOf(1, { attachments: { key: file('b') } }));
    await follower.refresh(DEADLINE);

    const contentsBase64 = Buffer.from('bytes of attachments/b').toString('base64');
    expect(installations[0]?.plugins[0]?.attachments?.['other']).toEqual({
      contentType: 'text/plain',
      fileName: 'b.txt',
      contentsBase64,
    });
    expect(installations[1]?.plugins[0]?.attachments).toMatchObject({ key: { contentsBase64 } });
    expect(reads.attachments.sort()).toEqual(['attachments/a', 'attachments/b']);
  });

  it('that are missing are an error of their plugin config, which is tried again; the others run', async () => {
    const { world, follower, installations, calls } = harness(
      configOf(1, { attachments: { key: file('a') } }),
      configOf(2),
    );
    world.missingFiles.add('attachments/a');

    await follower.refresh(DEADLINE);
    world.missingFiles.clear();
    world.now += 3000;
    await follower.refresh(DEADLINE);

    expect(installations.map(({ plugins }) => plugins.map(({ id }) => id))).toEqual([[2], [1, 2]]);
    expect(calls[0]).toEqual(['recordError', 1, 'Cannot read attachments/a']);
  });
});

describe('secrets', () => {
  it('are opened when a plugin config is set up, and are part of its values; nobody else holds them', async () => {
    const { follower, installations, reads, change } = harness(
      configOf(1, { config: { host: 'h' }, secrets: { apiKey: 'sealed' } }),
      configOf(2),
    );

    await follower.refresh(DEADLINE);
    change(configOf(1, { config: { host: 'h' }, secrets: { apiKey: 'sealed' }, order: 9 }), configOf(2));
    await follower.refresh(DEADLINE);

    expect(installations[0]?.plugins.map(({ config }) => config)).toEqual([{ host: 'h', apiKey: 'opened sealed' }, {}]);
    expect(reads.secrets).toEqual([1]);
    expect(JSON.stringify(follower.find(1))).not.toContain('opened');
  });

  it('that have changed make the plugin be set up anew', async () => {
    const { follower, setUps, change } = harness(configOf(1, { secrets: { apiKey: 'old' } }), configOf(2));
    await follower.refresh(DEADLINE);

    change(configOf(1, { secrets: { apiKey: 'new' } }), configOf(2));
    await follower.refresh(DEADLINE);

    expect(setUps).toEqual([[1, 2], [1]]);
  });

  it('that cannot be opened are an error of their plugin config, which is tried again; the others run', async () => {
    const { world, follower, installations, calls } = harness(
      configOf(1, { secrets: { apiKey: 'sealed' } }),
      configOf(2),
    );
    world.missingFiles.add('key');

    await follower.refresh(DEADLINE);
    world.missingFiles.clear();
    world.now += 3000;
    await follower.refresh(DEADLINE);

    expect(installations.map(({ plugins }) => plugins.map(({ id }) => id))).toEqual([[2], [1, 2]]);
    expect(calls[0]).toEqual(['recordError', 1, 'The key is not there']);
  });
});

describe('a change whose code, files or secrets cannot be read', () => {
  const before = configOf(1);
  const changed = configOf(1, { plugin: { id: 1, name: 'Plugin 1', codeHash: 'new' }, revision: 102 });

  /** The plugin runs, and its new code is not there. */
  async function withMissingCode() {
    const test = harness(before, configOf(2));
    await test.follower.refresh(DEADLINE);
    test.world.missingFiles.add('new');
    test.change(changed, configOf(2));
    await test.follower.refresh(DEADLINE);
    return test;
  }
  const codesOf = ({ installations }: Awaited<ReturnType<typeof withMissingCode>>) =>
    installations.map(({ plugins }) => plugins.map(({ code }) => code));

  it('leaves running what ran before, and is tried again', async () => {
    const test = await withMissingCode();
    test.change(changed, configOf(2), configOf(3));
    await test.follower.refresh(DEADLINE);
    test.world.missingFiles.clear();
    test.world.now += 3000;
    await test.follower.refresh(DEADLINE);

    const [one, two, three] = ['code of hash-1', 'code of hash-2', 'code of hash-3'];
    expect(codesOf(test)).toEqual([
      [one, two],
      [one, two],
      [one, two, three],
      ['code of new', two, three],
    ]);
    expect(test.setUps).toEqual([[1, 2], [], [3], [1]]);
    expect(test.calls[0]).toEqual(['recordError', 1, 'Cannot read code/new.js']);
  });

  it('does not bring back what ran before once the new code was there, and failed', async () => {
    const test = await withMissingCode();
    test.world.missingFiles.clear();
    test.world.errors.set(1, RETRY);
    test.world.now += 3000;
    await test.follower.refresh(DEADLINE);
    test.change(changed, configOf(2), configOf(3));
    await test.follower.refresh(DEADLINE);

    expect(test.setUps).toEqual([[1, 2], [], [1], [3]]);
    expect(test.installations.at(-1)?.plugins.map(({ id }) => id)).toEqual([2, 3]);
  });

  it('ends what ran before when it is given up after ten attempts', async () => {
    const test = await withMissingCode();

    for (let attempt = 0; attempt < 10; attempt++) {
      test.world.now += 1_000_000;
      await test.follower.refresh(DEADLINE);
    }

    expect(test.calls.at(-1)).toEqual(['disable', 1, 102, 'Cannot read code/new.js']);
    expect(codesOf(test).at(-1)).toEqual(['code of hash-2']);
  });

  it('is forgotten with its plugin config', async () => {
    const test = await withMissingCode();

    test.change(configOf(2));
    await test.follower.refresh(DEADLINE);

    expect(codesOf(test).at(-1)).toEqual(['code of hash-2']);
  });
});

describe('what a plugin can do and measures', () => {
  const told: Pick<LoadResult, 'capabilities' | 'metrics'> = {
    capabilities: { methods: ['processEvent'], jobs: ['sync'], scheduledTasks: [] },
    metrics: { seen: 'sum' },
  };

  it('is recorded after a load, and again only when it has changed', async () => {
    const { world, follower, calls, change } = harness(configOf(1));
    world.told.set(1, told);

    await follower.refresh(DEADLINE);
    change(configOf(1, { config: { other: 1 } }));
    await follower.refresh(DEADLINE);
    world.told.set(1, { ...told, metrics: { seen: 'sum', largest: 'max' } });
    change(configOf(1, { config: { other: 2 } }));
    await follower.refresh(DEADLINE);

    expect(calls).toEqual([
      ['recordLoad', 1, told],
      ['recordLoad', 1, { ...told, metrics: { seen: 'sum', largest: 'max' } }],
    ]);
  });
});

describe('the owner of a plugin is told', () => {
  const systemLines = (lines: PluginLogLine[]) =>
    lines.filter(({ source }) => source === 'SYSTEM').map(({ plugin, level, message }) => [plugin, level, message]);

  it('when it is loaded and unloaded, the old one before the new one', async () => {
    const { world, follower, lines, change } = harness(configOf(1), configOf(2));
    world.report = { errors: [], logs: [], logsDropped: 0 };

    await follower.refresh(DEADLINE);
    change(configOf(1, { config: { key: 'new' } }));
    await follower.refresh(DEADLINE);

    expect(systemLines(lines)).toEqual([
      [1, 'INFO', 'Plugin loaded (instance ID here).'],
      [2, 'INFO', 'Plugin loaded (instance ID here).'],
      [1, 'INFO', 'Plugin unloaded (instance ID here).'],
      [2, 'INFO', 'Plugin unloaded (instance ID here).'],
      [1, 'INFO', 'Plugin loaded (instance ID here).'],
    ]);
  });

  it('when its teardown fails, and when nobody knows how it ended', async () => {
    const { world, follower, lines, change } = harness(configOf(1), configOf(2), configOf(3));
    await follower.refresh(DEADLINE);
    const last = { ...ERROR, hook: 'teardownPlugin' };

    change(configOf(2), configOf(3));
    world.report = { errors: [{ plugin: 1, count: 1, last }], logs: [], logsDropped: 0 };
    await follower.refresh(DEADLINE);
    change(configOf(3));
    world.report = null;
    await follower.refresh(DEADLINE);

    expect(systemLines(lines).slice(3)).toEqual([
      [1, 'ERROR', 'Plugin failed to unload (instance ID here).'],
      [2, 'ERROR', 'Plugin failed to unload (instance ID here).'],
    ]);
  });

  it('at shutdown', async () => {
    const { world, follower, lines } = harness(configOf(1));
    await follower.refresh(DEADLINE);
    world.report = { errors: [], logs: [], logsDropped: 0 };

    await follower.tearDown(300);

    expect(systemLines(lines)[1]).toEqual([1, 'INFO', 'Plugin unloaded (instance ID here).']);
  });

  it.each([
    ['will be tried again', RETRY, 'Retrying in 3 s.'],
    ['will not', ERROR, 'Disabling it: only a RetryError is tried again.'],
  ])('when it fails to load, with the error, and that it %s', async (_, error, consequence) => {
    const { world, follower, lines } = harness(configOf(1));
    world.errors.set(1, error);

    await follower.refresh(DEADLINE);

    expect(lines).toEqual([
      { plugin: 1, source: 'PLUGIN', level: 'ERROR', message: `${error.name}: ${error.message}` },
      {
        plugin: 1,
        source: 'SYSTEM',
        level: 'ERROR',
        message: `Plugin failed to load (instance ID here). ${consequence}`,
      },
    ]);
  });
});
