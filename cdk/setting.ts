/** One setting: what it is when nobody says otherwise, and what it may be. */
export interface Setting<T> {
  standard: T;
  /** What is allowed, in the words that errors and the documentation use. */
  allowed: string;
  /** Reads a value of the context: text from the command line, any JSON value from cdk.json. Undefined when it is not allowed. */
  parse(raw: unknown): T | undefined;
}

export function wholeNumber(options: { standard: number; least: number; most: number }): Setting<number> {
  const { standard, least, most } = options;
  return {
    standard,
    allowed: `a whole number from ${least} to ${most}`,
    parse(raw) {
      const number = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
      const allowed = typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most;
      return allowed ? number : undefined;
    },
  };
}

export function oneOf<const T extends string | number>(options: { standard: T; of: readonly T[] }): Setting<T> {
  return {
    standard: options.standard,
    allowed: `one of ${options.of.join(', ')}`,
    parse: (raw) => options.of.find((value) => value === raw || String(value) === raw),
  };
}

export function yesOrNo(options: { standard: boolean }): Setting<boolean> {
  return {
    standard: options.standard,
    allowed: 'true or false',
    parse(raw) {
      if (raw === true || raw === 'true') return true;
      return raw === false || raw === 'false' ? false : undefined;
    },
  };
}

export function text(options: { standard: string; pattern: RegExp; allowed: string }): Setting<string> {
  return {
    standard: options.standard,
    allowed: options.allowed,
    parse: (raw) => (typeof raw === 'string' && options.pattern.test(raw) ? raw : undefined),
  };
}
