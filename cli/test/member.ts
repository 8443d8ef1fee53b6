import { MAX_ATTEMPTS, nextSetupAttempt } from '../../shared/host/setup-attempts.ts';
import { exportSettings } from '../../shared/pipeline/export-settings.ts';
import type { SetupAttempts } from '../../shared/registry/plugin-config.ts';
import type { Capabilities, LoadResult, SandboxPlugin } from '../../shared/sandbox/protocol.ts';
import { createExportBuffer, type ExportBuffer } from './export-buffer.ts';
import type { PreparedPlugin } from './prepare-plugin.ts';

export interface Setup {
  status: 'ok' | 'retry' | 'failed';
  error?: string;
  /** JSON text of what `setupPlugin` returned. */
  value?: string;
}

/** A plugin of the chain as it is now. */
export interface Member {
  id: number;
  prepared: PreparedPlugin;
  /** Another object whenever it is to be loaded again: that is how the host tells. Null when it could not be built. */
  source: SandboxPlugin | null;
  /** Its code is in the host, whether or not setupPlugin has succeeded the last time. */
  isLoaded: boolean;
  setup: Setup;
  /** While it waits to be set up again. */
  attempts: SetupAttempts | null;
  capabilities: Capabilities;
  metrics: NonNullable<LoadResult['metrics']>;
  buffer: ExportBuffer;
  /** Schedules have been looked at up to this time, milliseconds since 1970. */
  scheduledUntil: number;
}

const NOTHING: Capabilities = { methods: [], jobs: [], scheduledTasks: [] };

export function createMember(prepared: PreparedPlugin, now: () => number): Member {
  return {
    id: prepared.id,
    prepared,
    source: prepared.source,
    isLoaded: false,
    setup: { status: 'failed', error: prepared.problem?.message ?? 'The plugin is not set up yet' },
    attempts: null,
    capabilities: NOTHING,
    metrics: {},
    buffer: createExportBuffer(exportSettings(prepared.config), now),
    scheduledUntil: now(),
  };
}

export function isReady(member: Member): boolean {
  return member.setup.status === 'ok';
}

/** Takes over how loading ended. */
export function takeLoadResult(member: Member, result: LoadResult, now: number): void {
  member.isLoaded = result.error === undefined;
  if (member.isLoaded) {
    member.capabilities = result.capabilities ?? NOTHING;
    member.metrics = result.metrics ?? {};
  }
  takeSetupResult(member, result, now);
}

/** Takes over how setupPlugin ended. A RetryError is tried again, as often and as late as in production. */
export function takeSetupResult(member: Member, { error, value }: SetupResult, now: number): void {
  if (error === undefined) {
    if (!isReady(member)) member.scheduledUntil = now;
    member.attempts = null;
    member.setup = { status: 'ok', ...(value === undefined ? {} : { value }) };
    return;
  }
  const asksForRetry = error.hook === 'setupPlugin' && error.retry;
  const before = member.attempts ?? { revision: 0, made: 0 };
  member.attempts = asksForRetry && before.made + 1 < MAX_ATTEMPTS ? nextSetupAttempt(before, now) : null;
  member.setup = { status: member.attempts === null ? 'failed' : 'retry', error: error.message };
}

type SetupResult = Pick<LoadResult, 'error' | 'value'>;
