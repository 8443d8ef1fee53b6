import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { createPluginLogReader } from '../../shared/state/plugin-log-reader.ts';
import { createPluginLogStore } from '../../shared/state/plugin-log-store.ts';
import { createPluginMetricsReader } from '../../shared/state/plugin-metrics-reader.ts';
import { createPluginMetricsStore } from '../../shared/state/plugin-metrics-store.ts';
import { createTableCalls } from '../../shared/state/table-calls.ts';
import { startTestTable, type TestTable } from '../support/dynamodb.ts';
import type { AwsCommand, Intercept } from './state-implementations.ts';

/** One execution environment: its own stores, one flush of both. */
export interface Writer {
  logs: ReturnType<typeof createPluginLogStore>;
  metrics: ReturnType<typeof createPluginMetricsStore>;
  instanceId: string;
  flush(): Promise<{ lost: number; waiting: number; errors: string[] }>;
}

/** A table for the tests of a file, with a clock that the test moves. */
export interface ReportStores {
  table: TestTable;
  now(): number;
  pass(milliseconds: number): void;
  /** @param intercept sees each call to AWS, and sends it or not. */
  writer(options?: { functionName?: string; intercept?: Intercept }): Writer;
  logs(): ReturnType<typeof createPluginLogReader>;
  metrics(): ReturnType<typeof createPluginMetricsReader>;
  /** A plugin config of which nothing is kept yet. */
  newPlugin(): number;
}

const passOn: Intercept = (_, send) => send();

/** Half past nine in the evening, so that days end in the middle of a test. */
const START = Date.UTC(2026, 10, 21, 21, 30, 0, 500);

export function reportStores(): ReportStores {
  let table: TestTable;
  let time = START;
  let plugins = 0;
  beforeAll(async () => {
    table = await startTestTable();
  });
  afterAll(() => table[Symbol.asyncDispose]());
  const now = () => time;

  return {
    get table() {
      return table;
    },
    now,
    pass: (milliseconds) => void (time += milliseconds),
    newPlugin: () => ++plugins,
    writer({ functionName = 'process-events', intercept = passOn } = {}) {
      const instanceId = randomUUID();
      const logs = createPluginLogStore({ instanceId, now });
      const metrics = createPluginMetricsStore({ functionName, instanceId, now });
      const send = (command: AwsCommand) =>
        intercept(command, () => (table.dynamodb.send as (command: unknown) => Promise<unknown>)(command));
      return {
        logs,
        metrics,
        instanceId,
        async flush() {
          const calls = createTableCalls({
            dynamodb: { send: send as TestTable['dynamodb']['send'] },
            table: table.table,
            now,
            sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds / 10)),
          });
          const [lines, shares] = await Promise.all([logs.flush(calls), metrics.flush(calls)]);
          const errors = [lines.error, shares.error].flatMap((error) => (error === undefined ? [] : [error.message]));
          return { lost: lines.lost, waiting: shares.waiting, errors };
        },
      };
    },
    logs: () => createPluginLogReader({ ...table, now }),
    metrics: () => createPluginMetricsReader({ ...table, now }),
  };
}

/** The call with this number, from 0 on, does something else. */
export function atCall(number: number, fault: Intercept): Intercept {
  let calls = 0;
  return (command, send) => (calls++ === number ? fault(command, send) : send());
}

export const losesAnswer: Intercept = async (_, send) => {
  await send();
  throw Object.assign(new Error('No answer'), { name: 'TimeoutError' });
};

export const throttled: Intercept = () => {
  throw Object.assign(new Error('Slow down'), { name: 'ThrottlingException' });
};

export const refused: Intercept = () => {
  throw Object.assign(new Error('Not allowed'), { $metadata: { httpStatusCode: 400 } });
};
