import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { keptTable } from './kept-table.ts';

/** What plugins keep: cache and storage; their jobs that are due later, and who runs which task; their logs and metrics. Items with `expiresAt` (epoch seconds) expire. */
export class StateTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = keptTable(this, 'Table', { timeToLiveAttribute: 'expiresAt' });
  }

  /** Lets the function keep what plugins keep, say and measure, and what is known of their tasks. It cannot scan. */
  grantReadAndWrite(fn: LambdaFunction): void {
    this.grant(fn, [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ]);
  }

  /** Lets the function find jobs that are due, take them out, and remember how far it got. */
  grantDispatchJobs(fn: LambdaFunction): void {
    this.grant(fn, ['dynamodb:Query', 'dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem']);
  }

  /** Lets the function remember when it saw the registry change, and which ticks it has told. */
  grantScheduleTasks(fn: LambdaFunction): void {
    this.grant(fn, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
  }

  /** Lets the function look whether items point to large texts. */
  grantSweep(fn: LambdaFunction): void {
    this.grant(fn, ['dynamodb:BatchGetItem']);
  }

  /** Lets the function read logs and metrics of plugin configs, and keep jobs that are due later. What plugins keep is none of its business. */
  grantOperate(fn: LambdaFunction): void {
    this.grant(fn, ['dynamodb:Query'], ['plugin-log#*', 'plugin-metrics#*']);
    this.grant(fn, ['dynamodb:BatchWriteItem'], ['jobs#*']);
  }

  /** @param partitions patterns of the partitions it may touch; all when they are left out */
  private grant(fn: LambdaFunction, actions: string[], partitions?: string[]): void {
    const conditions = partitions && { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } };
    fn.addToRolePolicy(
      new PolicyStatement({ actions, resources: [this.table.tableArn], ...(conditions && { conditions }) }),
    );
    fn.addEnvironment('HOGLET_STATE_TABLE', this.table.tableName);
  }
}
