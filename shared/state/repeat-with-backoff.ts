/** Waits before the next attempt when DynamoDB did nothing of the last one; 3.15 s in all, then it is down. */
const BACKOFF_MILLISECONDS = [50, 100, 200, 400, 800, 1600];

/**
 * Does `attempt` with what is still open until nothing is. It gives what DynamoDB left unprocessed: because it is throttled,
 * or because the answer would be above 16 MB.
 *
 * @throws when DynamoDB leaves everything unprocessed seven times in a row, or whatever `attempt` throws.
 */
export async function repeatWithBackoff<Item>(
  sleep: (milliseconds: number) => Promise<void>,
  items: Item[],
  attempt: (open: Item[]) => Promise<Item[]>,
): Promise<void> {
  let open = items;
  let idle = 0;
  while (open.length > 0) {
    const left = await attempt(open);
    idle = left.length < open.length ? 0 : idle + 1;
    open = left;
    if (open.length === 0) return;
    const backoffMilliseconds = BACKOFF_MILLISECONDS[Math.max(0, idle - 1)];
    if (backoffMilliseconds === undefined) {
      throw new Error(
        `DynamoDB left ${open.length} items unprocessed ${idle} times in a row: it is throttled; check the table's limits`,
      );
    }
    await sleep(backoffMilliseconds);
  }
}
