/** A value that could not be taken, in the words of an error: what would have been allowed. */
export interface Refusal {
  refused: true;
}

/** One setting: what it is when nobody says otherwise, and what it may be. */
export interface Setting<T> {
  standard: T;
  /** What is allowed, in words, as errors and the documentation say it. */
  allowed: string;
  /** Reads a value of the context: a string from the command line, any JSON value from cdk.json. */
  parse(raw: unknown): T | Refusal;
}

const REFUSED: Refusal = { refused: true };

export function isRefused(value: unknown): value is Refusal {
  return value === REFUSED;
}

export function wholeNumber(options: { standard: number; least: number; most: number }): Setting<number> {
  const { standard, least, most } = options;
  return {
    standard,
    allowed: `a whole number from ${least} to ${most}`,
    parse(raw) {
      const number = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
      return Number.isInteger(number) && (number as number) >= least && (number as number) <= most
        ? (number as number)
        : REFUSED;
    },
  };
}

export function oneOf<const T extends string | number>(options: { standard: T; of: readonly T[] }): Setting<T> {
  return {
    standard: options.standard,
    allowed: `one of ${options.of.join(', ')}`,
    parse: (raw) => options.of.find((value) => value === raw || String(value) === raw) ?? REFUSED,
  };
}

export function yesOrNo(options: { standard: boolean }): Setting<boolean> {
  return {
    standard: options.standard,
    allowed: 'true or false',
    parse(raw) {
      if (raw === true || raw === 'true') return true;
      return raw === false || raw === 'false' ? false : REFUSED;
    },
  };
}

export function text(options: { standard: string; pattern: RegExp; allowed: string }): Setting<string> {
  return {
    standard: options.standard,
    allowed: options.allowed,
    parse: (raw) => (typeof raw === 'string' && options.pattern.test(raw) ? raw : REFUSED),
  };
}
