import { cutMessage } from './log-message.ts';
import { combineMetric } from './meta/metrics.ts';
import type { PluginLogLine, PluginMetric } from './plugin-report.ts';
import type { Account, DeadLetter, Done, HookError } from './protocol.ts';

/** Log lines kept per batch; beyond, they are counted. */
const MAX_LOG_LINES = 1000;

/** Collects what a batch did, for the last frame. */
export interface BatchReport {
  accounts: Account[];
  openAccount(): Account;
  deadLetter(letter: DeadLetter): void;
  error(plugin: number, error: HookError): void;
  log(line: PluginLogLine): void;
  /** Adds a value to its metric. */
  metric(metric: PluginMetric): void;
  /** Counts a connection that was refused. */
  refused(plugin: number | null): void;
  /** Hands over all that was collected and begins anew. */
  take(): Omit<Done, 'cpuMicroseconds'>;
}

/** Hears an error when it is reported; plugin is null when nobody knows whose it is. */
export type ErrorListener = (plugin: number | null, error: HookError) => void;

/** @param clock milliseconds, steady */
export function createBatchReport(clock: () => number, onError?: ErrorListener): BatchReport {
  let accounts: Account[] = [];
  let deadLetters: DeadLetter[] = [];
  let errors = new Map<number, { plugin: number; count: number; last: HookError }>();
  let logs: { line: PluginLogLine; at: number }[] = [];
  let logsDropped = 0;
  let metrics = new Map<string, PluginMetric>();
  let refusals = new Map<number | null, number>();

  return {
    get accounts() {
      return accounts;
    },
    openAccount() {
      const account: Account = { events: 0, ingested: 0, dropped: {}, failed: {}, deadLetters: 0 };
      accounts.push(account);
      return account;
    },
    deadLetter: (letter) => void deadLetters.push(letter),
    error(plugin, last) {
      errors.set(plugin, { plugin, count: (errors.get(plugin)?.count ?? 0) + 1, last });
      onError?.(plugin, last);
    },
    log(line) {
      if (logs.length < MAX_LOG_LINES) logs.push({ line: { ...line, message: cutMessage(line.message) }, at: clock() });
      else logsDropped++;
    },
    metric(measured) {
      const id = `${measured.plugin}:${measured.name}`;
      const known = metrics.get(id);
      if (known === undefined) metrics.set(id, measured);
      else known.value = combineMetric(known.operation, known.value, measured.value);
    },
    refused: (plugin) => void refusals.set(plugin, (refusals.get(plugin) ?? 0) + 1),
    take() {
      // The message of an unfinished record comes again as a whole, and with it its bad events.
      const kept = deadLetters.filter(({ record }) => accounts[record]?.unfinished !== true);
      for (const account of accounts) if (account.unfinished === true) leaveOut(account);
      const done = {
        accounts,
        deadLetters: kept,
        errors: [...errors.values()],
        logs: logs.map(({ line, at }) => ({ ...line, ageMilliseconds: Math.round(clock() - at) })),
        logsDropped,
        ...reported(metrics),
        ...(refusals.size === 0
          ? {}
          : { refusedConnections: [...refusals].map(([plugin, count]) => ({ plugin, count })) }),
      };
      accounts = [];
      deadLetters = [];
      errors = new Map();
      logs = [];
      logsDropped = 0;
      metrics = new Map();
      refusals = new Map();
      return done;
    },
  };
}

/** Nothing at all when nothing was measured. */
function reported(metrics: Map<string, PluginMetric>): Pick<Done, 'metrics'> {
  return metrics.size === 0 ? {} : { metrics: [...metrics.values()] };
}

/** Makes an account of only what was ingested or dropped. */
function leaveOut(account: Account): void {
  account.deadLetters = 0;
  account.events = account.ingested + Object.values(account.dropped).reduce((sum, count) => sum + count, 0);
}
