import { createExportBuffer as createBuffer } from '../../shared/pipeline/export-buffer.ts';
import type { ExportSettings } from '../../shared/pipeline/export-settings.ts';

/** Collects events for `exportEvents`. */
export interface ExportBuffer {
  /** Takes one event, as JSON; gives the batches that are full because of it. */
  add(event: { event?: unknown }, json: string): string[][];
  /** When what it holds is due, milliseconds since 1970; null when it holds nothing. */
  dueAt(): number | null;
  /** Takes out what it holds; null when that is nothing. */
  flush(): string[] | null;
}

/** As in production, but with a clock in place of the queue's batching window. */
export function createExportBuffer(settings: ExportSettings, now: () => number): ExportBuffer {
  const buffer = createBuffer<string>(settings.bufferLength);
  let startedAt = 0;
  return {
    add({ event }, json) {
      if (settings.ignored.has(String(event))) return [];
      const wasEmpty = buffer.isEmpty();
      const batches = buffer.add(json, json.length);
      if (wasEmpty || batches.length > 0) startedAt = now();
      return batches;
    },
    dueAt: () => (buffer.isEmpty() ? null : startedAt + settings.bufferSeconds * 1000),
    flush: buffer.flush,
  };
}
