import type { MetricOperation } from '../../shared/sandbox/protocol.ts';
import { type Bench, ownMember } from './bench.ts';
import type { ListedRequest } from './http-stubs.ts';
import type { ListedError, LogLine } from './journal.ts';
import type { Setup } from './member.ts';
import type { MemoryServices } from './memory-services.ts';
import type { StepResult } from './run-step.ts';

/** What a scenario showed; docs/test-bench.md explains it. */
export interface Report {
  plugin: { name: string; main: string | null };
  setup: Pick<Setup, 'status' | 'error'>;
  capabilities: { methods: string[]; jobs: string[]; scheduled_tasks: string[] };
  metrics_declared: Record<string, MetricOperation>;
  steps: StepResult[];
  captured: Record<string, unknown>[];
  requests: ListedRequest[];
  jobs: { name: string; payload: unknown; run_at: string; status: 'waiting' | 'done' | 'failed' }[];
  cache: Record<string, unknown>;
  storage: Record<string, unknown>;
  metrics: Record<string, number>;
  logs: LogLine[];
  errors: ListedError[];
}

export function writeReport(
  bench: Bench,
  memory: MemoryServices,
  requests: ListedRequest[],
  steps: StepResult[],
): Report {
  const own = ownMember(bench);
  const { status, error } = own.setup;
  const { methods, jobs, scheduledTasks } = own.capabilities;
  memory.cache.sweep();
  return {
    plugin: { name: own.prepared.name, main: own.prepared.main },
    setup: { status, ...(error === undefined ? {} : { error }) },
    capabilities: { methods, jobs, scheduled_tasks: scheduledTasks },
    metrics_declared: own.metrics,
    steps,
    captured: memory.captured.map(({ event }) => capturedEvent(JSON.parse(event) as Record<string, unknown>)),
    requests,
    jobs: bench.jobs.jobs.filter(({ plugin }) => plugin === own.id).map(listedJob),
    cache: {
      ...valuesOf(memory.cache.texts, own.id, cachedValue),
      ...valuesOf(memory.cache.lists, own.id, (list) => list),
    },
    storage: valuesOf(memory.storage.stored, own.id, (text) => JSON.parse(text) as unknown),
    metrics: bench.journal.metricsOf(own.id),
    logs: bench.journal.logs,
    errors: bench.journal.errors,
  };
}

function capturedEvent({ event, distinct_id, timestamp, properties, team_id, uuid }: Record<string, unknown>) {
  return { event, distinct_id, timestamp, properties, team_id, uuid };
}

function listedJob({ name, payload, runAt, status }: Bench['jobs']['jobs'][number]): Report['jobs'][number] {
  const value = payload === undefined ? null : (JSON.parse(payload) as unknown);
  return { name, payload: value, run_at: isoTime(runAt), status };
}

/** The longest time that a Date can be away from 1970, milliseconds: a job may be made for never. */
const MAX_TIME = 8_640_000_000_000_000;

function isoTime(time: number): string {
  return new Date(Math.min(MAX_TIME, Math.max(-MAX_TIME, time))).toISOString();
}

/** What `get` gives for a text: with `jsonSerialize: false` a plugin may have stored what is no JSON. */
function cachedValue(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** One plugin config's values by key. */
function valuesOf<Stored>(
  all: ReadonlyMap<string, Stored>,
  plugin: number,
  valueOf: (stored: Stored) => unknown,
): Record<string, unknown> {
  const prefix = `${plugin}:`;
  const own = [...all].filter(([id]) => id.startsWith(prefix));
  return Object.fromEntries(own.map(([id, stored]) => [id.slice(prefix.length), valueOf(stored)]));
}
