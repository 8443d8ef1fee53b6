import type { ExportSettings } from './export-settings.ts';

/** Collects events for `exportEvents`. */
export interface ExportBuffer {
  /** Takes one event, as JSON; gives the batches that are full because of it. */
  add(event: { event?: unknown }, json: string): string[][];
  /** When what it holds is due, milliseconds since 1970; null when it holds nothing. */
  dueAt(): number | null;
  /** Takes out what it holds; null when that is nothing. */
  flush(): string[] | null;
}

/** A batch is as long as the limit allows; only an event that is longer by itself goes beyond. */
export function createExportBuffer(settings: ExportSettings, now: () => number): ExportBuffer {
  let events: string[] = [];
  let length = 0;
  let startedAt = 0;

  const flush = (): string[] | null => {
    const batch = events;
    events = [];
    length = 0;
    return batch.length === 0 ? null : batch;
  };

  return {
    add({ event }, json) {
      if (settings.ignored.has(String(event))) return [];
      const before = length + json.length > settings.bufferLength ? flush() : null;
      if (events.length === 0) startedAt = now();
      events.push(json);
      length += json.length;
      const after = length > settings.bufferLength ? flush() : null;
      return [before, after].filter((batch) => batch !== null);
    },
    dueAt: () => (events.length === 0 ? null : startedAt + settings.bufferSeconds * 1000),
    flush,
  };
}
