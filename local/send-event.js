/*
 * Sends one body to the events queue of the local stack that `npm start` keeps up:
 *
 *   node local/send-event.js '{"team_id":1,"event":"hello","distinct_id":"me"}'
 *
 * Plain JavaScript without dependencies: it runs on any Node.js from 20 on, also outside `npm run`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const STACK_FILE = join(import.meta.dirname, '../.hoglet/stack.json');

try {
  console.log(`Sent as message ${await sendEvent(process.argv.slice(2))}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @param {string[]} args */
async function sendEvent(args) {
  const [body, ...more] = args;
  if (body === undefined || more.length > 0) {
    throw new Error(`Give the message's body as one argument, in single quotes; got ${args.length} arguments`);
  }
  const queueUrl = await eventsQueueUrl();
  const response = await fetch(new URL(queueUrl).origin, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'AmazonSQS.SendMessage' },
    body: JSON.stringify({ QueueUrl: queueUrl, MessageBody: body }),
  }).catch((error) => {
    throw new Error(`No local stack answers at ${queueUrl}: run \`npm start\` first`, { cause: error });
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`The queue refused the message: ${answer.message ?? JSON.stringify(answer)}`);
  return answer.MessageId;
}

async function eventsQueueUrl() {
  try {
    return JSON.parse(await readFile(STACK_FILE, 'utf8')).outputs.EventsQueueUrl;
  } catch (error) {
    throw new Error('No local stack is up: run `npm start` first', { cause: error });
  }
}
