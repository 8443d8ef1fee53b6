/** Deeper than any real event; deeper parts are named, not copied. */
const MAX_DEPTH = 100;

/** Copies a value into what JSON can say, whatever it is made of. What cannot be said is named in brackets. Never throws. */
export function plainCopy(value: unknown, ancestors: unknown[] = []): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '[circular]';
  if (ancestors.length >= MAX_DEPTH) return '[too deep]';
  const path = [...ancestors, value];
  try {
    if (Array.isArray(value)) return value.map((inner) => plainCopy(inner, path));
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) if (key !== 'toJSON') copy[key] = plainCopy(readProperty(value, key), path);
    return copy;
  } catch {
    return '[unreadable]';
  }
}

function readProperty(owner: object, key: string): unknown {
  try {
    return (owner as Record<string, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}
