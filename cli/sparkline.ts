const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const NOTHING = '·';

/** Draws values as bars, from the lowest to the highest, zero always between them. What is missing is a dot. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  const lowest = Math.min(0, ...known);
  const highest = Math.max(0, ...known);
  const barOf = (value: number): string => {
    const share = highest === lowest ? 0 : (value - lowest) / (highest - lowest);
    return BARS[Math.min(BARS.length - 1, Math.round(share * (BARS.length - 1)))] as string;
  };
  return values.map((value) => (value === undefined ? NOTHING : barOf(value))).join('');
}
