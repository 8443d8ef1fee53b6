import type { CfnElement } from 'aws-cdk-lib';
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Where things lie in the bucket: `code/<sha256 of a plugin's code>.js` and `attachments/<sha256 of the file>`. */
const READ_PREFIXES = ['code/', 'attachments/'];

/** … and `archives/<sha256 of a plugin's source>`, which nobody needs to run it. */
const INSTALLED_PREFIXES = [...READ_PREFIXES, 'archives/'];

/** Where large payloads of jobs lie until their job has ended. */
const JOB_PAYLOADS_PREFIX = 'job-payloads/';

/** Where texts of plugins lie that are too large for the state table. */
const LARGE_TEXTS_PREFIX = 'values/';

/** Where files lie that a client sends in parts, until they are used. */
const UPLOADS_PREFIX = 'uploads/';
const UPLOADS_KEPT_DAYS = 1;

/** Where batches lie while they are exported again and again: a day. What failed meanwhile can be looked at for another six. */
const EXPORTS_PREFIX = 'exports/';
const EXPORTS_KEPT_DAYS = 7;

/**
 * Code, sources and attachments of plugins, the GeoIP database, and batches of events that are exported again. Kept when the stack goes.
 *
 * Not versioned: the key of a plugin's code is the hash of its content, so an object never changes under its key.
 */
export class AssetsBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [
        { prefix: EXPORTS_PREFIX, expiration: Duration.days(EXPORTS_KEPT_DAYS) },
        { prefix: UPLOADS_PREFIX, expiration: Duration.days(UPLOADS_KEPT_DAYS) },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only the functions of this stack read the bucket, once per cold start and change of a plugin. Access logs ' +
        'would need a second bucket to keep; an account that must audit object reads has CloudTrail data events.',
    });
  }

  /** Lets the function get objects whose key it knows, under the prefixes of code and attachments. It cannot list. */
  grantRead(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: READ_PREFIXES.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)),
      }),
    );
    fn.addEnvironment('HOGLET_ASSETS_BUCKET', this.bucket.bucketName);

    for (const prefix of READ_PREFIXES) {
      const reason = `Keys under ${prefix} are hashes and ids that are known only when a plugin is installed.`;
      this.acknowledgeKeysUnder(prefix, fn, reason);
    }
  }

  /** Lets the function take files in that a client sends in parts. It cannot list them. */
  grantUploads(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: [this.bucket.arnForObjects(`${UPLOADS_PREFIX}*`)],
      }),
    );
    this.acknowledgeKeysUnder(UPLOADS_PREFIX, fn, 'Keys of uploads are ids that are made for each.');
  }

  /** Lets the function put and get what plugins and plugin configs consist of. It can neither list nor delete. */
  grantInstall(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: INSTALLED_PREFIXES.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)),
      }),
    );
    fn.addEnvironment('HOGLET_ASSETS_BUCKET', this.bucket.bucketName);
    for (const prefix of INSTALLED_PREFIXES)
      this.acknowledgeKeysUnder(prefix, fn, `Keys under ${prefix} are hashes of what is installed.`);
  }

  /** Lets the function keep texts of plugins that are too large for the state table. It cannot list them. */
  grantLargeTexts(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: [this.bucket.arnForObjects(`${LARGE_TEXTS_PREFIX}*`)],
      }),
    );
    this.acknowledgeKeysUnder(
      LARGE_TEXTS_PREFIX,
      fn,
      'Keys of large texts are made of the keys that plugins give them.',
    );
  }

  /** Lets the function put, get and delete payloads of jobs that are too large for a message, as far as the actions say. */
  grantJobPayloads(fn: LambdaFunction, actions: ('s3:PutObject' | 's3:GetObject' | 's3:DeleteObject')[]): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions, resources: [this.bucket.arnForObjects(`${JOB_PAYLOADS_PREFIX}*`)] }),
    );
    this.acknowledgeKeysUnder(
      JOB_PAYLOADS_PREFIX,
      fn,
      'Keys of payloads are ids of jobs, which are made while plugins run.',
    );
  }

  /** Lets the function list large texts and payloads of jobs, and delete them. It can read none of them, and sees nothing else. */
  grantSweep(fn: LambdaFunction): void {
    const prefixes = [LARGE_TEXTS_PREFIX, JOB_PAYLOADS_PREFIX];
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        conditions: { StringEquals: { 's3:prefix': prefixes } },
      }),
    );
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:DeleteObject'],
        resources: prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)),
      }),
    );
    for (const prefix of prefixes)
      this.acknowledgeKeysUnder(prefix, fn, `What is left behind under ${prefix} is found by listing it.`);
    fn.addEnvironment('HOGLET_ASSETS_BUCKET', this.bucket.bucketName);
  }

  /** Lets the function put batches of events that are to be exported again. It needs no key but that of its own batch. */
  grantWriteExports(fn: LambdaFunction): void {
    this.grantOnExports(fn, 's3:PutObject');
  }

  /** Lets the function get such batches. */
  grantReadExports(fn: LambdaFunction): void {
    this.grantOnExports(fn, 's3:GetObject');
  }

  private grantOnExports(fn: LambdaFunction, action: string): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [action], resources: [this.bucket.arnForObjects(`${EXPORTS_PREFIX}*`)] }),
    );
    this.acknowledgeKeysUnder(EXPORTS_PREFIX, fn, 'Keys of batches are hashes of their events.');
  }

  private acknowledgeKeysUnder(prefix: string, fn: LambdaFunction, reason: string): void {
    const logicalId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnElement);
    Validations.of(fn.role ?? fn).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/${prefix}*]`,
      reason,
    });
  }

  /** Lets the function get the GeoIP database, whose key it finds in HOGLET_GEOIP_DATABASE. Somebody has to put it there. */
  grantReadGeoip(fn: LambdaFunction, key: string): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [this.bucket.arnForObjects(key)] }));
    fn.addEnvironment('HOGLET_GEOIP_DATABASE', key);
  }
}
