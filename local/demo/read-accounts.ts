/** What became of one message of the events queue; shape of process-events' log lines. */
export interface MessageAccount {
  messageId: string;
  /** Events in it. */
  events: number;
  /** How often it was received, when more than once. */
  receives?: number;
  /** Events by plugin config id. */
  dropped: Record<string, number>;
  /** Failed hook calls by plugin config id. */
  failed: Record<string, number>;
}

export interface AccountSums {
  dropped: Map<number, number>;
  failed: Map<number, number>;
  /** Events in messages that were received more than once. */
  repeated: number;
}

/** Sums up the accounts in a function's log lines. */
export interface AccountReader {
  readLine(line: string): void;
  sums(): AccountSums;
}

/** A message that comes again is accounted for again: its latest account counts. */
export function createAccountReader(): AccountReader {
  const latest = new Map<string, MessageAccount>();
  return {
    readLine(line) {
      for (const account of accountsIn(line)) latest.set(account.messageId, account);
    },
    sums: () => ({
      dropped: sumUp([...latest.values()].map(({ dropped }) => dropped)),
      failed: sumUp([...latest.values()].map(({ failed }) => failed)),
      repeated: [...latest.values()].reduce((sum, { events, receives = 1 }) => sum + (receives > 1 ? events : 0), 0),
    }),
  };
}

function accountsIn(line: string): MessageAccount[] {
  // Most lines are not of interest, and some are not JSON.
  if (!line.includes('"account":[')) return [];
  try {
    return (JSON.parse(line) as { account: MessageAccount[] }).account;
  } catch {
    return [];
  }
}

function sumUp(counts: Record<string, number>[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const [id, count] of counts.flatMap(Object.entries)) sums.set(Number(id), (sums.get(Number(id)) ?? 0) + count);
  return sums;
}
