import { combineMetric } from '../sandbox/meta/metrics.ts';
import type { PluginMetric, RefusedConnections } from '../sandbox/plugin-report.ts';
import type { Account, SandboxPlugin } from '../sandbox/protocol.ts';
import type { BatchOutput } from './child-session.ts';

/** The batch could not be finished: it must come again. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure';
}

/**
 * The one rule, checked before anything is acknowledged: every event of every record is accounted for, and its bytes are here.
 *
 * @throws HostFailure
 */
export function checkAccounts(output: BatchOutput, records: number, plugins: SandboxPlugin[]): void {
  if (output.accounts.length !== records) {
    throw new HostFailure(`The plugin host accounted for ${output.accounts.length} of ${records} messages`);
  }
  const known = new Set(plugins.map(({ id }) => String(id)));
  for (const account of output.accounts) {
    if (account.events !== account.ingested + sum(Object.values(account.dropped)) + account.deadLetters) {
      throw new HostFailure(`The plugin host's account does not add up: ${JSON.stringify(account)}`);
    }
    const stranger = Object.keys(account.dropped).find((id) => !known.has(id));
    if (stranger !== undefined)
      throw new HostFailure(`The plugin host blames a plugin config it does not have: ${stranger}`);
  }
  compare(
    'events',
    sum(output.messages.map(({ events }) => events)),
    sum(output.accounts.map(({ ingested }) => ingested)),
  );
  checkDeliveries(output, known);
  const letters = sum(output.deadLetters.map(({ count }) => count ?? 1));
  compare('dead letters', letters, sum(output.accounts.map(({ deadLetters }) => deadLetters)));
}

/** Every event that was put into a delivery is in one, for the plugin config it was accounted for, and no plugin config got it twice. */
function checkDeliveries({ accounts, deliveries }: BatchOutput, known: Set<string>): void {
  const given = new Map<string, number>();
  for (const { plugins, events } of deliveries)
    for (const plugin of plugins) given.set(String(plugin), (given.get(String(plugin)) ?? 0) + events);
  const accounted = new Map<string, number>();
  for (const account of accounts) {
    for (const [plugin, events] of Object.entries(account.deliveries ?? {})) {
      if (account.unfinished !== true && events > account.ingested + account.deadLetters)
        throw new HostFailure(`The plugin host delivers more events than there were: ${JSON.stringify(account)}`);
      accounted.set(plugin, (accounted.get(plugin) ?? 0) + events);
    }
  }
  for (const plugin of new Set([...given.keys(), ...accounted.keys()])) {
    if (!known.has(plugin))
      throw new HostFailure(`The plugin host delivers to a plugin config it does not have: ${plugin}`);
    compare(`events for plugin config ${plugin}`, given.get(plugin) ?? 0, accounted.get(plugin) ?? 0);
  }
}

function compare(what: string, given: number, accounted: number): void {
  if (given !== accounted)
    throw new HostFailure(`The plugin host accounted for ${accounted} ${what}, but gave ${given}`);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The output of a message that could not be run: it comes again, and in the end goes to dead letters as a whole. */
export function nothingOf(error: Error): BatchOutput {
  const account: Account = { events: 0, ingested: 0, dropped: {}, failed: {}, deadLetters: 0, unfinished: true };
  const line = {
    plugin: null,
    source: 'SYSTEM' as const,
    level: 'ERROR' as const,
    message: `A message could not be run and comes again: ${error.message}`,
  };
  return {
    messages: [],
    deliveries: [],
    accounts: [account],
    deadLetters: [],
    errors: [],
    logs: [line],
    logsDropped: 0,
    cpuMicroseconds: 0,
  };
}

/** Puts the outputs of single messages together, in their order. */
export function mergeOutputs(outputs: BatchOutput[]): BatchOutput {
  return {
    messages: outputs.flatMap(({ messages }, record) => messages.map((message) => ({ ...message, records: [record] }))),
    deliveries: outputs.flatMap(({ deliveries }, record) =>
      deliveries.map((delivery) => ({ ...delivery, records: [record] })),
    ),
    accounts: outputs.flatMap(({ accounts }) => accounts),
    deadLetters: outputs.flatMap(({ deadLetters }, record) => deadLetters.map((letter) => ({ ...letter, record }))),
    errors: outputs.flatMap(({ errors }) => errors),
    logs: outputs.flatMap(({ logs }) => logs),
    logsDropped: sum(outputs.map(({ logsDropped }) => logsDropped)),
    metrics: mergeMetrics(outputs.flatMap(({ metrics = [] }) => metrics)),
    refusedConnections: mergeRefusals(outputs.flatMap(({ refusedConnections = [] }) => refusedConnections)),
    cpuMicroseconds: Math.max(...outputs.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  };
}

function mergeRefusals(refusals: RefusedConnections[]): RefusedConnections[] {
  const merged = new Map<number | null, number>();
  for (const { plugin, count } of refusals) merged.set(plugin, (merged.get(plugin) ?? 0) + count);
  return [...merged].map(([plugin, count]) => ({ plugin, count }));
}

/** Makes one value of all that were measured of the same metric. */
export function mergeMetrics(metrics: PluginMetric[]): PluginMetric[] {
  const merged = new Map<string, PluginMetric>();
  for (const metric of metrics) {
    const id = `${metric.plugin}:${metric.name}`;
    const known = merged.get(id);
    const value = known ? combineMetric(known.operation, known.value, metric.value) : metric.value;
    merged.set(id, { ...metric, value });
  }
  return [...merged.values()];
}
