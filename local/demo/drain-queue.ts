import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

export interface DrainQueueOptions {
  sqs: Pick<SQSClient, 'send'>;
  queueUrl: string;
  signal: AbortSignal;
  /** Called for every receive, also with no messages; they are deleted when it returns. */
  take: (messages: Message[]) => void;
}

const LONG_POLL_SECONDS = 1;

/** Receives and deletes messages until it is told to stop. */
export async function drainQueue({ sqs, queueUrl, signal, take }: DrainQueueOptions): Promise<void> {
  while (!signal.aborted) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: LONG_POLL_SECONDS,
        MessageAttributeNames: ['All'],
      }),
    );
    take(Messages);
    if (Messages.length === 0) continue;
    const entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
  }
}
