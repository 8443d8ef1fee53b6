/*
 * Takes what lies in the ingestion queue of the local stack that `npm start` keeps up, and prints it, one event per line:
 *
 *   node local/receive-events.js
 *
 * With `--dead-letters` it prints what was refused, with the reason. What is printed is gone from the queue.
 * Plain JavaScript without dependencies: it runs on any Node.js from 20 on, also outside `npm run`.
 */
import { gunzipSync } from 'node:zlib';
import { callQueue, localQueueUrl } from './local-queue.js';

const FLAGS = ['--dead-letters'];
/** Seconds to wait for a first message, long enough for a cold start. */
const WAIT_SECONDS = 5;

try {
  const unknown = process.argv.slice(2).filter((flag) => !FLAGS.includes(flag));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(' ')}. Allowed: ${FLAGS.join(' ')}`);
  const wantsDeadLetters = process.argv.includes('--dead-letters');
  const QueueUrl = await localQueueUrl(wantsDeadLetters ? 'EventsDeadLetterQueueUrl' : 'IngestionQueueUrl');
  console.error(`${await printAll(QueueUrl)} messages`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @param {string} QueueUrl */
async function printAll(QueueUrl) {
  let count = 0;
  for (;;) {
    const WaitTimeSeconds = count === 0 ? WAIT_SECONDS : 0;
    const request = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds, MessageAttributeNames: ['All'] };
    const { Messages = [] } = await callQueue('ReceiveMessage', request);
    if (Messages.length === 0) return count;
    for (const { Body, ReceiptHandle, MessageAttributes } of Messages) {
      const { reason, detail } = MessageAttributes ?? {};
      if (reason !== undefined) console.log(`${reason.StringValue}: ${detail?.StringValue}`);
      for (const line of linesOf(Body)) console.log(line);
      await callQueue('DeleteMessage', { QueueUrl, ReceiptHandle });
      count++;
    }
  }
}

/** @param {string} body */
function linesOf(body) {
  try {
    const message = JSON.parse(body.startsWith('H4sI') ? gunzipSync(Buffer.from(body, 'base64')).toString() : body);
    return (message.events ?? [message]).map((/** @type {unknown} */ event) => JSON.stringify(event));
  } catch {
    return [body];
  }
}
