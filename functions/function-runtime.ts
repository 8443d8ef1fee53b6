import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createAwsClients } from '../shared/aws/clients.ts';
import type { MetricLine } from '../shared/aws/embedded-metrics.ts';
import type { QueueMessage } from '../shared/aws/group-messages.ts';
import { sendMessages } from '../shared/aws/send-messages.ts';
import { createCurrentInvocation } from './current-invocation.ts';

/** What every function is made of. */
export function createFunctionRuntime(
  functionName: string,
  logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR',
  environment: Record<string, string | undefined>,
) {
  const logger = new Logger({ serviceName: functionName, logLevel });
  const now = () => Date.now();
  const invocation = createCurrentInvocation(now);
  const { sleep } = invocation;
  const clients = createAwsClients({
    endpoints: { dynamodb: environment['AWS_ENDPOINT_URL_DYNAMODB'], s3: environment['AWS_ENDPOINT_URL_S3'] },
    signal: invocation.signal,
  });

  /** Sends to a queue, and gives what could not be sent. */
  const sendTo =
    (queueUrl: string) =>
    async <Message extends QueueMessage>(messages: Message[]): Promise<Message[]> => {
      const unsent = await sendMessages({ sqs: clients.sqs, sleep }, queueUrl, messages);
      for (const { code, reason } of unsent)
        logger.warn(`A message could not be sent, what it came from is tried again: ${code}: ${reason}`, { queueUrl });
      return unsent.map(({ message }) => message);
    };

  return {
    clients,
    logger,
    invocation,
    sleep,
    now,
    sendTo,
    /** Past `console`, which would put a time and a request id before the line: then it would be no metric. */
    writeMetricLine: (line: MetricLine) => void process.stdout.write(`${JSON.stringify(line)}\n`),
    handler: <Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) =>
      middy<Event, Result>(async (event: Event, context: Context) =>
        invocation.run(context, () => handle(event, context)),
      ).use(injectLambdaContext(logger, { logEvent: false })),
  };
}
