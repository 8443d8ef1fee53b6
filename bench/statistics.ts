export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** To two decimals: more would pretend to a precision no machine has. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
