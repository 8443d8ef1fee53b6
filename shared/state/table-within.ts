import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createTableCalls, type TableCalls, type TableDeps } from './table-calls.ts';

/** Throttling that lasts longer does not go away within an invocation. */
const LONGEST_MILLISECONDS = 10_000;

/**
 * The calls of a table for as long as this, ten seconds at most: what is throttled is tried again until then, and a call that gets no answer
 * is given up then, whatever the client would do. Whether it was done nobody knows.
 */
export function tableWithin({ dynamodb, ...deps }: TableDeps, limitMilliseconds: number): TableCalls {
  // Signals take no other numbers.
  const limit = Math.floor(Math.min(Math.max(0, limitMilliseconds), LONGEST_MILLISECONDS));
  const until = deps.now() + limit;
  const abortSignal = AbortSignal.timeout(limit);
  const isOver = new Promise<never>((_, reject) => {
    abortSignal.addEventListener('abort', () => reject(new Error(`DynamoDB did not answer within ${limit} ms`)));
  });
  isOver.catch(() => {});
  const send = (command: Parameters<DynamoDBDocumentClient['send']>[0]) =>
    Promise.race([dynamodb.send(command, { abortSignal }), isOver]);
  return createTableCalls({
    ...deps,
    dynamodb: { send: send as DynamoDBDocumentClient['send'] },
    deadline: () => until,
  });
}
