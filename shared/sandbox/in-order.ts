/**
 * Writes results in the order of their positions although they come in any order; null means there is nothing to write.
 * What can be written is written at once: text that is kept while others finish is what a garbage collector copies.
 */
export function inOrder<Result>(
  write: (result: Result, position: number) => void,
): (position: number, result: Result | null) => void {
  const early = new Map<number, Result | null>();
  let next = 0;
  return (position, result) => {
    if (position !== next) {
      early.set(position, result);
      return;
    }
    if (result !== null) write(result, next);
    next++;
    while (early.size > 0 && early.has(next)) {
      const waiting = early.get(next) as Result | null;
      early.delete(next);
      if (waiting !== null) write(waiting, next);
      next++;
    }
  };
}
