import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { keptTable } from './kept-table.ts';

/** What functions read to run plugins, and what they write; the kinds of items are those of `shared/registry/registry-items.ts`. */
const FOLLOWED = ['version', 'project', 'chain', 'plugin', 'plugin-config', 'plugin-config-status'];
const RECORDED = ['version', 'plugin-config', 'plugin-config-status'];

/** Projects, plugins and plugin configs; API tokens, the audit log. */
export class RegistryTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = keptTable(this, 'Table');
  }

  /** Lets the function read what it runs, and record there how that fares: errors, attempts, disablings. */
  grantReadAndUpdate(fn: LambdaFunction): void {
    this.grant(fn, ['dynamodb:GetItem', 'dynamodb:Query'], FOLLOWED);
    this.grant(fn, ['dynamodb:UpdateItem'], RECORDED);
  }

  /** Lets the function read what is to run. */
  grantRead(fn: LambdaFunction): void {
    this.grant(fn, ['dynamodb:GetItem', 'dynamodb:Query'], FOLLOWED);
  }

  /** Lets the function read plugins and the tokens for their sources, and record what the sources say. */
  grantCheckUpdates(fn: LambdaFunction): void {
    this.grant(fn, ['dynamodb:GetItem', 'dynamodb:Query'], ['plugin', 'plugin-status', 'source-token']);
    this.grant(fn, ['dynamodb:UpdateItem'], ['plugin-status']);
  }

  /** Lets the function change the registry, API tokens and the audit log, too. It cannot scan. */
  grantManage(fn: LambdaFunction): void {
    this.grant(fn, [
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ]);
  }

  /** @param kinds partitions of the table; all when they are left out */
  private grant(fn: LambdaFunction, actions: string[], kinds?: string[]): void {
    const conditions = kinds && { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': kinds } };
    fn.addToRolePolicy(
      new PolicyStatement({ actions, resources: [this.table.tableArn], ...(conditions && { conditions }) }),
    );
    fn.addEnvironment('HOGLET_REGISTRY_TABLE', this.table.tableName);
  }
}
