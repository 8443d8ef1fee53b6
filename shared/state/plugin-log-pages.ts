import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { DAY_MILLISECONDS, dayOf, logPartition, logSortPrefix, timeOfSortKey } from './plugin-log.ts';
import type { LogItem } from './plugin-log-item.ts';

/** Items of a plugin config's log, some at a time. */
export interface LogPage {
  items: LogItem[];
  /** The sort key from which on, or up to which, whoever stops here goes on. */
  next: string;
  /** There is nothing behind. */
  isLast: boolean;
}

export interface LogRange {
  pluginConfig: number;
  /** Sort keys, both included. They begin with the time: what is before `from` has expired, or is not asked for. */
  from: string;
  to: string;
  direction: 'forward' | 'back';
}

export interface LogPagesDeps {
  dynamodb: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
}

/** Items have from one line to a thousand. */
const PAGE_ITEMS = 25;

/** Reads a log day by day. A page is read when the one before it has been dealt with; an empty range has none. */
export async function* logPages(range: LogRange, { dynamodb, table }: LogPagesDeps): AsyncGenerator<LogPage> {
  const isForward = range.direction === 'forward';
  const days = range.from > range.to ? [] : daysBetween(timeOfSortKey(range.from), timeOfSortKey(range.to));
  for (const [index, day] of (isForward ? days : days.toReversed()).entries()) {
    let start: Record<string, unknown> | undefined;
    do {
      const page = await dynamodb.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': logPartition(range.pluginConfig, day),
            ':from': range.from,
            ':to': range.to,
          },
          ScanIndexForward: isForward,
          Limit: PAGE_ITEMS,
          ExclusiveStartKey: start,
        }),
      );
      start = page.LastEvaluatedKey;
      const endOfDay = logSortPrefix(isForward ? day + DAY_MILLISECONDS : day);
      yield {
        items: (page.Items ?? []) as LogItem[],
        next: start === undefined ? endOfDay : String(start['sk']),
        isLast: start === undefined && index === days.length - 1,
      };
    } while (start !== undefined);
  }
}

/** The beginnings of the days, the earliest first. */
function daysBetween(from: number, to: number): number[] {
  const first = dayOf(from);
  const count = (dayOf(to) - first) / DAY_MILLISECONDS + 1;
  return Array.from({ length: count }, (_, index) => first + index * DAY_MILLISECONDS);
}
