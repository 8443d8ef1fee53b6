import type { BatchResult } from '../../../shared/host/run-batch.ts';
import type { Account, HookError } from '../../../shared/sandbox/protocol.ts';

/** A whole batch result in which nothing happened. */
export function batchResult(overrides: Partial<BatchResult> = {}): BatchResult {
  return {
    messages: [],
    deliveries: [],
    accounts: [],
    deadLetters: [],
    errors: [],
    logs: [],
    logsDropped: 0,
    cpuMicroseconds: 0,
    verdicts: [],
    ...overrides,
  };
}

/** The account of a message of one event that was ingested. */
export function account(overrides: Partial<Account> = {}): Account {
  return { events: 1, ingested: 1, dropped: {}, failed: {}, deadLetters: 0, ...overrides };
}

export function hookError(overrides: Partial<HookError> = {}): HookError {
  return { hook: 'processEvent', name: 'TypeError', message: 'no', retry: false, ...overrides };
}
