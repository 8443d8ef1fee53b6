/** How events are collected for `exportEvents`. */
export interface ExportSettings {
  /** Most that one call gets, UTF-16 units of JSON: what PostHog called bytes. */
  bufferLength: number;
  bufferSeconds: number;
  /** Names of events that are not exported. */
  ignored: ReadonlySet<string>;
}

/**
 * Reads what a plugin config says about its exports, as PostHog did: `exportEventsBufferBytes` (1 MiB, 1 … 100 MiB), `exportEventsBufferSeconds`
 * (10, 1 … 600), `exportEventsToIgnore` (names with commas between them). What is no number is the default, what is out of range its end.
 */
export function exportSettings(config: Readonly<Record<string, unknown>>): ExportSettings {
  const ignored = config['exportEventsToIgnore'];
  return {
    bufferLength: wholeNumber(config['exportEventsBufferBytes'], { least: 1, most: 104_857_600, standard: 1_048_576 }),
    bufferSeconds: wholeNumber(config['exportEventsBufferSeconds'], { least: 1, most: 600, standard: 10 }),
    ignored: new Set(
      typeof ignored === 'string' && ignored !== '' ? ignored.split(',').map((name) => name.trim()) : [],
    ),
  };
}

function wholeNumber(given: unknown, { least, most, standard }: { least: number; most: number; standard: number }) {
  const number = Number.parseInt(String(given), 10);
  return Number.isNaN(number) ? standard : Math.min(most, Math.max(least, number));
}
