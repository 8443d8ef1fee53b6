import { gunzipSync } from 'node:zlib';
import type { Context } from 'aws-lambda';
import { mergeMetrics } from '../../shared/host/batch-output.ts';
import type { RegistryFollower } from '../../shared/host/follow-registry.ts';
import type { PluginHost } from '../../shared/host/plugin-host.ts';
import type { InvokeResult } from '../../shared/host/run-calls.ts';
import type { HookCall } from '../../shared/sandbox/hook-call.ts';
import type { PluginMetric } from '../../shared/sandbox/plugin-report.ts';
import { exportMetrics, givenUpMetrics } from '../exports/export-metrics.ts';
import type { ExportRetry, FailedExport } from '../exports/failed-export.ts';
import type { Measured } from '../plugin-reports/plugin-metrics.ts';

/** What the state machine gives: a batch to try, or, with the error of its last attempt, one to give up. */
export interface RetryExportInput extends ExportRetry {
  /** As a Catch of Step Functions writes it: the name of the error, and JSON of it. */
  error?: { Error: string; Cause: string };
}

export interface RetryExportDeps {
  plugins: Pick<RegistryFollower, 'refresh' | 'find'>;
  host: Pick<PluginHost, 'invoke'>;
  readObject(key: string): Promise<Uint8Array>;
  /** Keeps a batch that nobody will try again. @throws when it could not be stored. */
  bury(failed: FailedExport): Promise<void>;
  /** Records plugin errors in the registry; does not throw. */
  recordPluginErrors(result: InvokeResult): Promise<void>;
  reportMetrics(measured: Measured): void;
  /** Milliseconds, steady. */
  clock: () => number;
}

/** What is kept of the function's time for recording after the plugin, milliseconds. */
const RESERVE_MILLISECONDS = 3000;

/**
 * Tries a batch of events once more, or gives it up.
 *
 * @throws an error named RetryError when it is to be tried again later, which also the host's own troubles ask for; by any other name when it is not.
 */
export function createRetryExport(deps: RetryExportDeps) {
  return async (
    input: RetryExportInput,
    context: Pick<Context, 'getRemainingTimeInMillis' | 'awsRequestId'>,
  ): Promise<{ delivered: number }> => {
    const deadline = deps.clock() + context.getRemainingTimeInMillis() - RESERVE_MILLISECONDS;
    const read = async () => gunzipSync(await deps.readObject(input.key)).toString('utf8');
    if (input.error !== undefined) {
      await deps.bury({ ...input, lines: await read(), error: lastError(input.error) });
      deps.reportMetrics({ metrics: givenUpMetrics(input.pluginConfig, input.events) });
      return { delivered: 0 };
    }

    const lines = await orRetry(read());
    await orRetry(deps.plugins.refresh(deadline));
    if (deps.plugins.find(input.pluginConfig) === undefined)
      throw named('PluginDisabledError', `The plugin config ${input.pluginConfig} is disabled or gone`);
    const { pluginConfig, hops } = input;
    const argument = `[${lines.replaceAll('\n', ',')}]`;
    // Each attempt may capture something of its own.
    const cause = context.awsRequestId;
    const call = {
      plugin: pluginConfig,
      hook: 'exportEvents',
      argument,
      cause,
      ...(hops === undefined ? {} : { hops }),
    };
    await tryExport(input, call, deadline, deps);
    return { delivered: input.events };
  };
}

/** What is not the plugin's fault passes. */
async function orRetry<Value>(work: Promise<Value>): Promise<Value> {
  return work.catch((error: unknown) => {
    throw named('RetryError', `The export could not be tried: ${(error as Error).message}`);
  });
}

async function tryExport(
  { pluginConfig, events }: ExportRetry,
  call: HookCall,
  deadline: number,
  deps: RetryExportDeps,
): Promise<void> {
  const result = await orRetry(deps.host.invoke([call], deadline));
  const [{ error, unfinished } = {}] = result.results;
  // A plugin that is not there yet has not been asked: that is no error of its own.
  const wasAsked = unfinished === undefined && error?.name !== 'NotLoadedError';
  const counted = wasAsked ? attemptMetrics(pluginConfig, events, error) : [];
  deps.reportMetrics({ ...result, metrics: mergeMetrics([...(result.metrics ?? []), ...counted]) });
  await deps.recordPluginErrors(
    error === undefined || !wasAsked
      ? result
      : { ...result, errors: [...result.errors, { plugin: pluginConfig, count: 1, last: error }] },
  );
  if (!wasAsked) throw named('RetryError', `The plugin config ${pluginConfig} could not be asked yet`);
  if (error?.retry) throw named('RetryError', `${error.name}: ${error.message}`);
  if (error !== undefined) throw named('ExportError', `${error.name}: ${error.message}`);
}

/** Giving up counts `undelivered_events`, when the batch is safe. */
function attemptMetrics(plugin: number, events: number, error: { retry: boolean } | undefined): PluginMetric[] {
  const outcome = error === undefined ? 'delivered' : error.retry ? 'retry' : 'undelivered';
  return exportMetrics(plugin, events, outcome, { isFirst: false }).filter(({ name }) => name !== 'undelivered_events');
}

/** The text of the last error, as its author knows it: the state machine has wrapped it. */
function lastError({ Error: name, Cause }: NonNullable<RetryExportInput['error']>): FailedExport['error'] {
  try {
    const { errorMessage } = JSON.parse(Cause) as { errorMessage?: unknown };
    if (typeof errorMessage === 'string') return { name, message: errorMessage };
  } catch {
    // It is no JSON when Step Functions itself gave up.
  }
  return { name, message: Cause };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
