import type { Exchange } from '../../local/servers/watch-server.ts';
import { busCharge } from './bus-charge.ts';
import type { Charge } from './charge.ts';
import { dynamodbCharge } from './dynamodb-charge.ts';
import { s3Charge } from './s3-charge.ts';
import { sqsCharge } from './sqs-charge.ts';

/** Finds out what a request was paid with, whatever the service. @throws for a service that has no price here */
export function chargeOf({ request, status, answer }: Exchange, fairQueues: Set<string>): Charge {
  const { service, operation } = targetOf(request.headers);
  switch (service) {
    case null:
      return s3Charge(request.method, request.path);
    case 'AmazonSQS':
      return sqsCharge(operation, json(request.body), json(answer), fairQueues);
    case 'DynamoDB_20120810':
      return dynamodbCharge(operation, json(request.body), json(answer), status !== 200);
    case 'AWSEvents':
      return busCharge(operation, json(request.body));
    case 'AWSStepFunctions':
      // What an execution costs are its transitions.
      return { service: 'states', operation, on: '', usage: {} };
    default:
      throw new Error(`${service}.${operation} has no price in bench/cost/prices.ts`);
  }
}

/** The service and the operation that a request says it is for; S3 says neither. */
export function targetOf(headers: Exchange['request']['headers']): { service: string | null; operation: string } {
  const target = headers['x-amz-target'];
  if (target === undefined) return { service: null, operation: '' };
  const [service = '', operation = ''] = String(target).split('.');
  return { service, operation };
}

function json<Value extends object>(body: Buffer): Value {
  return JSON.parse(body.toString('utf8') || '{}') as Value;
}
