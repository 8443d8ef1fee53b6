import { describe, expect, it } from 'vitest';
import { createPluginLog } from '../../../functions/plugin-reports/plugin-log.ts';
import { createPluginErrorRecorder } from '../../../functions/plugin-reports/record-plugin-errors.ts';
import type { FollowedRegistry } from '../../../shared/host/follow-registry.ts';
import type { LifecycleEvent } from '../../../shared/lifecycle/lifecycle-event.ts';
import type { PluginConfig } from '../../../shared/registry/plugin-config.ts';
import { batchResult, hookError } from '../process-events/batch-result.ts';

const CONFIG: PluginConfig = {
  id: 7,
  teamId: 1,
  plugin: { id: 3, name: 'GeoIP', codeHash: 'hash' },
  enabled: true,
  revision: 41,
  order: 0,
  config: {},
  attachments: {},
};
const NOW = Date.UTC(2026, 10, 21);

function harness(registry: Partial<FollowedRegistry> = {}) {
  const calls: unknown[][] = [];
  const lines: [level: string, message: string, details: Record<string, unknown>][] = [];
  const told: LifecycleEvent[] = [];
  const log = (level: string) => (message: string, details: Record<string, unknown>) =>
    void lines.push([level, message, details]);
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const record = createPluginErrorRecorder({
    registry: {
      recordError: async (...parameters) => void calls.push(['recordError', ...parameters]),
      disable: async (...parameters) => void calls.push(['disable', ...parameters]),
      ...registry,
    },
    plugins: { find: (id) => (id === CONFIG.id ? CONFIG : undefined) },
    log: createPluginLog(logger),
    logger,
    tell: (event) => void told.push(event),
    now: () => NOW,
  });
  return { record, calls, lines, told };
}

describe('what went wrong in plugins', () => {
  it('is recorded in the registry, the latest error per plugin config, with its time and event', async () => {
    const { record, calls, lines } = harness();
    const last = hookError({ event: { uuid: 'u', event: '$pageview' } });

    await record(batchResult({ errors: [{ plugin: 7, count: 12, last }] }));

    const { retry: _, ...kept } = last;
    expect(calls).toEqual([['recordError', 7, { ...kept, time: '2026-11-21T00:00:00.000Z' }]]);
    expect(lines).toEqual([
      [
        'error',
        'GeoIP (7) failed in processEvent: TypeError: no',
        { pluginConfig: 7, source: 'PLUGIN', count: 12, event: { uuid: 'u', event: '$pageview' } },
      ],
    ]);
  });

  it('disables a plugin config that has killed the host too often, as of the revision that ran', async () => {
    const { record, calls, told } = harness();
    const error = hookError({ name: 'TimeoutError' });

    await record(batchResult({ errors: [{ plugin: 7, count: 3, last: error }], verdicts: [{ plugin: 7, error }] }));

    expect(calls).toEqual([['disable', 7, 41, expect.objectContaining({ name: 'TimeoutError' })]]);
    expect(told).toMatchObject([
      { type: 'Plugin disabled', pluginConfig: 7, plugin: 'GeoIP', project: 1, cause: 'host_ended' },
    ]);
  });

  it('tells of no disabling that did not take place', async () => {
    const outdated = harness({ disable: async () => 'outdated' });
    const refused = harness({ disable: () => Promise.reject(new Error('throttled')) });
    const verdicts = [{ plugin: 7, error: hookError() }];

    await outdated.record(batchResult({ verdicts }));
    await refused.record(batchResult({ verdicts }));

    expect([outdated.told, refused.told]).toEqual([[], []]);
  });

  it('leaves a plugin config alone that is no longer installed', async () => {
    const { record, calls } = harness();

    await record(batchResult({ verdicts: [{ plugin: 8, error: hookError() }] }));

    expect(calls).toEqual([]);
  });

  it('does not hold up events: a registry that fails is a warning', async () => {
    const refuse = () => Promise.reject(new Error('throttled'));
    const { record, lines } = harness({ recordError: refuse, disable: refuse });

    await record(
      batchResult({
        errors: [{ plugin: 9, count: 1, last: hookError() }],
        verdicts: [{ plugin: 7, error: hookError() }],
      }),
    );

    expect(lines.filter(([level]) => level === 'warn')).toEqual([
      ['warn', expect.stringContaining('throttled'), { pluginConfig: 9 }],
      ['warn', expect.stringContaining('throttled'), { pluginConfig: 7 }],
    ]);
  });
});

describe('what plugins log', () => {
  it('becomes a line of the function’s log at its level, with the plugin config it came from', async () => {
    const { record, lines } = harness();
    const levels = ['DEBUG', 'LOG', 'INFO', 'WARN', 'ERROR'] as const;

    await record(batchResult({ logs: levels.map((level) => ({ plugin: 7, level, message: `as ${level}` })) }));

    expect(lines).toEqual([
      ['debug', 'as DEBUG', { pluginConfig: 7, source: 'CONSOLE' }],
      ['info', 'as LOG', { pluginConfig: 7, source: 'CONSOLE' }],
      ['info', 'as INFO', { pluginConfig: 7, source: 'CONSOLE' }],
      ['warn', 'as WARN', { pluginConfig: 7, source: 'CONSOLE' }],
      ['error', 'as ERROR', { pluginConfig: 7, source: 'CONSOLE' }],
    ]);
  });

  it('says who speaks: the host about a plugin, an error of the plugin, or the plugin itself', async () => {
    const { record, lines } = harness();
    const sources = ['SYSTEM', 'PLUGIN', 'CONSOLE'] as const;

    await record(
      batchResult({
        logs: sources.map((source) => ({ plugin: 7, source, level: 'INFO', message: 'text' })),
        verdicts: [{ plugin: 7, error: hookError() }],
      }),
    );

    expect(lines.map(([level, , { source }]) => [level, source])).toEqual([
      ...sources.map((source) => ['info', source]),
      ['error', 'SYSTEM'],
    ]);
  });

  it('beyond the limit is told as a number', async () => {
    const { record, lines } = harness();

    await record(batchResult({ logsDropped: 5 }));

    expect(lines).toEqual([['warn', expect.stringContaining('5 log lines'), {}]]);
  });
});
