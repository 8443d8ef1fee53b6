import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const STACK_FILE = join(process.env['HOGLET_STATE'] ?? join(import.meta.dirname, '../.hoglet'), 'stack.json');

/**
 * The URL of one of the queues of the stack that `npm start` keeps up, by the name of its output.
 *
 * @param {string} output
 * @returns {Promise<string>}
 */
export async function localQueueUrl(output) {
  try {
    return JSON.parse(await readFile(STACK_FILE, 'utf8')).outputs[output];
  } catch (error) {
    throw new Error('No local stack is up: run `npm start` first', { cause: error });
  }
}

/**
 * Calls SQS on the local stack, whose server takes unsigned requests.
 *
 * @param {string} action
 * @param {{ QueueUrl: string } & Record<string, unknown>} request
 */
export async function callQueue(action, request) {
  const response = await fetch(new URL(request.QueueUrl).origin, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': `AmazonSQS.${action}` },
    body: JSON.stringify(request),
  }).catch((error) => {
    throw new Error(`No local stack answers at ${request.QueueUrl}: run \`npm start\` first`, { cause: error });
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`The queue refused ${action}: ${answer.message ?? JSON.stringify(answer)}`);
  return answer;
}
