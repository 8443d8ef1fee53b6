import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { afterAll, describe, expect, test } from 'vitest';
import { hogletApp } from '../../cdk/hoglet-app.ts';
import { WITHOUT_BUNDLING } from './hoglet-template.ts';

/** Rule and reason of every acknowledgement made at the construct or below, with the path of its construct. */
function acknowledgements(construct: IConstruct): { path: string; rule: string; reason: string }[] {
  return construct.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([rule, reason]) => ({ path: node.path, rule, reason })),
  );
}

describe('the AwsSolutions rules', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'hoglet-rules-'));

  afterAll(() => {
    rmSync(outdir, { recursive: true });
  });

  test('find nothing in the stack', () => {
    const { app } = hogletApp({ outdir, context: WITHOUT_BUNDLING });

    expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
  });

  test('stop the synthesis when a resource breaks one, and name both', () => {
    const { app, stack } = hogletApp({ outdir, context: WITHOUT_BUNDLING });
    const queue = new Queue(stack, 'WithoutTls');

    expect(() => app.synth()).toThrow(new RegExp(`${queue.node.path}.*AwsSolutions-SQS4`, 's'));
  });

  test('are acknowledged at single resources only, each time with a reason', () => {
    const found = acknowledgements(hogletApp({ outdir, context: WITHOUT_BUNDLING }).app);

    expect(found.map(({ path }) => path).sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'Hoglet/Admin/FunctionRole'),
      'Hoglet/Assets/Bucket',
      ...Array.from({ length: 5 }, () => 'Hoglet/DeliverEvents/FunctionRole'),
      ...Array.from({ length: 5 }, () => 'Hoglet/ExportRetry/FunctionRole'),
      ...Array.from({ length: 2 }, () => 'Hoglet/ExportRetry/StateMachine'),
      ...Array.from({ length: 4 }, () => 'Hoglet/ProcessEvents/FunctionRole'),
      ...Array.from({ length: 5 }, () => 'Hoglet/RunTasks/FunctionRole'),
      'Hoglet/SecretsKey/Secret',
      ...Array.from({ length: 2 }, () => 'Hoglet/SweepState/FunctionRole'),
    ]);
    for (const { reason } of found) expect(reason.length).toBeGreaterThan(40);
  });
});
