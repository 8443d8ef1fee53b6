import type { FailedExport } from '../../../functions/exports/failed-export.ts';

/** A batch of two events that a plugin refused for good. */
export function failedExport(overrides: Partial<FailedExport> = {}): FailedExport {
  return {
    pluginConfig: 7,
    round: 0,
    events: 2,
    lines: '{"event":"a"}\n{"event":"b"}',
    pluginVersion: 'c0de',
    error: { name: 'TypeError', message: 'no' },
    ...overrides,
  };
}
