import { type MessageLimits, type ParseJson, plainBody, readMessage } from './read-message.ts';

const BEGINNING = '{"v":1,"events":[';
const END = '\n]}';

/**
 * Reads the events of a delivery as JSON texts, one each. A delivery is a packed batch with a line break after each event, which JSON.stringify
 * itself never writes: so it can be cut without being parsed. What does not look as if Hoglet had written it is parsed and written again.
 *
 * @throws Rejection when the body is no packed batch.
 */
export function readDelivery(body: string, limits: MessageLimits, parse: ParseJson = JSON.parse): string[] {
  const text = plainBody(body, limits);
  if (text.startsWith(BEGINNING) && text.endsWith(END)) {
    const texts = text.slice(BEGINNING.length, -END.length).split('\n,');
    if (texts.length <= limits.maxEvents && texts.every((one) => one.startsWith('{') && one.endsWith('}')))
      return texts;
  }
  return readMessage(body, limits, parse).map((event) => JSON.stringify(event));
}
