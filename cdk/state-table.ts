import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { keptTable } from './kept-table.ts';

/** What plugins keep: cache and storage. Items with `expiresAt` (epoch seconds) expire. */
export class StateTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = keptTable(this, 'Table', { timeToLiveAttribute: 'expiresAt' });
  }

  /** Lets the function read and write items by their keys; many at once; it can neither scan nor query. */
  grantReadAndWrite(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'],
        resources: [this.table.tableArn],
      }),
    );
    fn.addEnvironment('HOGLET_STATE_TABLE', this.table.tableName);
  }
}
