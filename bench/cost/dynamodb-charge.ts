import type { Charge } from './charge.ts';
import type { Usage } from './usage.ts';

export interface DynamodbRequest {
  TableName?: string;
  ConsistentRead?: boolean;
  RequestItems?: Record<string, unknown>;
}

interface Capacity {
  CapacityUnits?: number;
}

export interface DynamodbAnswer {
  ConsumedCapacity?: Capacity | Capacity[];
}

const KIND_BY_OPERATION: Record<string, 'read' | 'write'> = {
  GetItem: 'read',
  BatchGetItem: 'read',
  Query: 'read',
  Scan: 'read',
  PutItem: 'write',
  UpdateItem: 'write',
  DeleteItem: 'write',
  BatchWriteItem: 'write',
};

/** Asks the table to tell what a request is paid with. Gives the body as it came when the operation is free of charge. */
export function askForCapacity(operation: string, body: Buffer): Buffer {
  if (KIND_BY_OPERATION[operation] === undefined) return body;
  const request = JSON.parse(body.toString('utf8')) as object;
  return Buffer.from(JSON.stringify({ ...request, ReturnConsumedCapacity: 'TOTAL' }));
}

/**
 * A request to DynamoDB, from what the table said it took. A write whose condition did not hold is told nothing of; it takes what its item
 * has, which is one unit for all items that are written with conditions here.
 */
export function dynamodbCharge(
  operation: string,
  request: DynamodbRequest,
  answer: DynamodbAnswer,
  isRefused: boolean,
): Charge {
  const kind = KIND_BY_OPERATION[operation];
  const told = [answer.ConsumedCapacity ?? []].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
  return {
    service: 'dynamodb',
    operation,
    on: request.TableName ?? Object.keys(request.RequestItems ?? {}).join(' '),
    usage: usageOf(kind, told, request.ConsistentRead === true, isRefused),
  };
}

function usageOf(kind: 'read' | 'write' | undefined, told: number, isConsistent: boolean, isRefused: boolean): Usage {
  if (kind === 'write') return { dynamodbWriteUnits: Math.max(1, told) };
  if (kind === undefined || isRefused) return {};
  // A read that finds nothing is paid for, too; the embedded table takes a query without a result for free.
  return { dynamodbReadUnits: Math.max(isConsistent ? 1 : 0.5, told) };
}
