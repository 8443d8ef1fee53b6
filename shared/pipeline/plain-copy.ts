/** Deeper than any real event; deeper parts are named, not copied. */
const MAX_DEPTH = 100;
/** More values than an event of 10 MB has: beyond, getters that make new objects for ever would never end. */
const MAX_VALUES = 2_000_000;
/** A sparse array of four thousand million is one line of code; copied, it takes hours. */
const MAX_ARRAY_LENGTH = 1_000_000;

/** Copies a value into what JSON can say, whatever it is made of. What cannot be said is named in brackets. Never throws, and ends. */
export function plainCopy(root: unknown): unknown {
  let copied = 0;
  const ancestors: unknown[] = [];

  const copyOf = (value: unknown): unknown => {
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null) return value;
    if (ancestors.includes(value)) return '[circular]';
    if (ancestors.length >= MAX_DEPTH) return '[too deep]';
    if (++copied > MAX_VALUES) return '[too large]';
    ancestors.push(value);
    try {
      if (Array.isArray(value)) return copyOfArray(value);
      const copy: Record<string, unknown> = {};
      for (const key of Object.keys(value)) {
        if (key !== 'toJSON') copy[key] = copyOf(readProperty(value, key));
      }
      return copy;
    } catch {
      return '[unreadable]';
    } finally {
      ancestors.pop();
    }
  };

  const copyOfArray = (list: unknown[]): unknown => {
    const { length } = list;
    copied += length;
    if (length > MAX_ARRAY_LENGTH) return '[too large]';
    return Array.from({ length }, (_, index) => copyOf(readProperty(list, index)));
  };

  return copyOf(root);
}

function readProperty(owner: object, key: string | number): unknown {
  try {
    return (owner as Record<string | number, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}
