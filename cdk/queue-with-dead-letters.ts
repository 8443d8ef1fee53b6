import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** The longest SQS keeps a message. */
const DEAD_LETTER_RETENTION_DAYS = 14;

/**
 * How long a message may wait for its consumer. A dead letter's age counts from its first sending, so half of
 * the dead letters' time leaves at least 14 − 7 = 7 days to look at one.
 */
const RETENTION_DAYS = 7;

export interface QueueWithDeadLettersProps {
  /** The queue's name; the dead letters are called `<name>-dead-letters`. At most 67 characters (SQS allows 80). */
  name: string;
  /** How long a received message stays hidden, 0–43,200 s. */
  visibilityTimeoutSeconds: number;
  /** How often a message is received before it becomes a dead letter, 1–1,000. */
  maxReceiveCount: number;
}

/** A standard queue and the queue of its dead letters: TLS only, encrypted by keys that SQS manages. */
export class QueueWithDeadLetters extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: QueueWithDeadLettersProps) {
    super(scope, id);

    // By name, not by reference: the two queues point at each other, and CloudFormation refuses a circle.
    const queueArn = Stack.of(this).formatArn({ service: 'sqs', resource: props.name });
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: `${props.name}-dead-letters`,
      retentionPeriod: Duration.days(DEAD_LETTER_RETENTION_DAYS),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', queueArn)],
      },
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: props.name,
      retentionPeriod: Duration.days(RETENTION_DAYS),
      visibilityTimeout: Duration.seconds(props.visibilityTimeoutSeconds),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
    });
  }

  /** Lets an event source mapping poll the queue on behalf of the function. */
  grantConsume(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [this.queue.queueArn],
      }),
    );
  }

  /** Lets the function send to the queue, whose URL it finds in the environment variable. */
  grantSend(fn: LambdaFunction, variable: string): void {
    grantSendTo(this.queue, fn, variable);
  }

  /** Lets the function put dead letters aside by itself; their queue's URL is in the environment variable. */
  grantSendDeadLetters(fn: LambdaFunction, variable: string): void {
    grantSendTo(this.deadLetters, fn, variable);
  }

  /**
   * Lets the function look at dead letters, send them back to the queue, and remove them. It finds the URLs of both queues in
   * `HOGLET_<NAME>_QUEUE_URL` and `HOGLET_<NAME>_DEAD_LETTER_QUEUE_URL`. It cannot receive from the queue itself.
   */
  grantManageDeadLetters(fn: LambdaFunction, name: string): void {
    this.grantSend(fn, `HOGLET_${name}_QUEUE_URL`);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [this.deadLetters.queueArn],
      }),
    );
    fn.addEnvironment(`HOGLET_${name}_DEAD_LETTER_QUEUE_URL`, this.deadLetters.queueUrl);
  }
}

function grantSendTo(queue: Queue, fn: LambdaFunction, variable: string): void {
  fn.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }));
  fn.addEnvironment(variable, queue.queueUrl);
}
