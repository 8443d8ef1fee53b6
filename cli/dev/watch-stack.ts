import type { StackPlace } from '../../local/keep-up.ts';
import { lifecycleLine } from '../../local/lifecycle-line.ts';
import type { QueuedMessage } from '../../local/servers/queue-and-bucket-server.ts';
import type { LocalStack } from '../../local/start-local-stack.ts';
import type { ApiClient } from '../api-client.ts';
import type { Chain } from './chain.ts';
import type { DevNews } from './dev-news.ts';
import { createErrorPlaces } from './error-places.ts';
import { newsOfLog } from './news-of-log.ts';
import { newsOfMessage } from './news-of-message.ts';

export interface WatchStackOptions {
  stack: LocalStack;
  api: ApiClient;
  chain: Chain;
  /** Folders by the id of the plugin that they are linked as. */
  folders(): ReadonlyMap<number, string>;
  tell(news: DevNews): void;
}

/** Tells what plugins say, drop and fail at, and what operators are told of. */
export function watchStack({ stack, api, chain, folders, tell }: WatchStackOptions): void {
  const tellPlace = createErrorPlaces({ api, folders, tell: (text) => tell({ kind: 'log', at: Date.now(), text }) });
  stack.onLogLine(({ line }) => {
    for (const news of newsOfLog(line, chain.nameOf, Date.now())) {
      tell(news);
      if (news['source'] === 'PLUGIN') tellPlace(news['pluginConfig'] as number);
    }
  });
  stack.onBusEvent((_, event) => {
    if (event.source !== 'hoglet') return;
    tell({ kind: 'lifecycle', at: Date.parse(event.time), text: lifecycleLine(event), event });
  });
}

/** Tells of every event that comes out of the plugins, and of what is no event. */
export function messageListener({ outputs }: StackPlace, tell: (news: DevNews) => void) {
  const nameOf = (output: string) => outputs[output]?.split('/').at(-1) ?? '';
  const queues = { ingestion: nameOf('IngestionQueueUrl'), deadLetters: nameOf('EventsDeadLetterQueueUrl') };
  return (message: QueuedMessage) => newsOfMessage(message, queues, Date.now()).forEach(tell);
}
