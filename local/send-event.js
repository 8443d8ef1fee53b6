/*
 * Sends one body to the events queue of the local stack that `npm start` keeps up:
 *
 *   node local/send-event.js '{"team_id":1,"event":"hello","distinct_id":"me"}'
 *
 * Plain JavaScript without dependencies: it runs on any Node.js from 20 on, also outside `npm run`.
 */
import { callQueue, localQueueUrl } from './local-queue.js';

try {
  const [body, ...more] = process.argv.slice(2);
  if (body === undefined || more.length > 0) {
    throw new Error(
      `Give the message's body as one argument, in single quotes; got ${process.argv.length - 2} arguments`,
    );
  }
  const { MessageId } = await callQueue('SendMessage', {
    QueueUrl: await localQueueUrl('EventsQueueUrl'),
    MessageBody: body,
  });
  console.log(`Sent as message ${MessageId}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
