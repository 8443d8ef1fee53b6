import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { sendMessages } from '../../shared/aws/send-messages.ts';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import type { DemoMessage } from './demo-messages.ts';
import { createDemoTally, type DemoCounts, type DemoTally, sum } from './demo-tally.ts';
import { drainQueue } from './drain-queue.ts';

export interface RunDemoDeps {
  sqs: SQSClient;
  queueUrls: { events: string; ingestion: string; deadLetters: string };
  /** Hands over every log line of the functions; gives a function that ends it. */
  onLogLine(listener: (line: { line: string }) => void): () => void;
  /** Milliseconds, steady. */
  clock: () => number;
  sleep: (milliseconds: number) => Promise<void>;
  /** Lets so much time pass at once, as if it had really passed. */
  leap: (milliseconds: number) => Promise<void>;
  /** Stops the run before its time: the result is what was counted until then. */
  signal: AbortSignal;
  onProgress: (accountedFor: number) => void;
}

export interface DemoResult extends DemoCounts {
  sent: number;
  eventsPerSecond: number;
  addsUp: boolean;
  /** The event with the uuid that was asked for, as it was ingested. */
  sample: PluginEvent | undefined;
  ingestedUuids: DemoTally['ingestedUuids'];
}

/** Connections that receive from the ingestion queue at the same time: it must not be slower than the functions. */
const RECEIVERS = 2;

/** Messages made and handed to the sender at once: five rounds of its eight calls of ten. */
const SLICE = 400;

const LOOK_EVERY_MILLISECONDS = 50;

/** A message that is received so often is a dead letter; one time more, and nothing else will come of it. */
const MOST_LEAPS = 6;

/**
 * Sends messages through the events queue at full speed and counts what becomes of the events, until every one is accounted for
 * and nothing more comes. What was under way in a process that died stays away for the visibility timeout: time leaps over it.
 */
export async function runDemo(
  deps: RunDemoDeps,
  messages: Iterable<DemoMessage>,
  sampleUuid: string,
): Promise<DemoResult> {
  const { sqs, queueUrls, clock, sleep } = deps;
  const tally = createDemoTally((uuid) => uuid === sampleUuid);
  const awayMilliseconds = ((await visibilityTimeoutSeconds(deps)) + 1) * 1000;
  const receiving = new AbortController();
  const signal = AbortSignal.any([deps.signal, receiving.signal]);
  const quiet = new Map<string, boolean>();
  const drain = (name: string, queueUrl: string, add: (received: never[]) => void) =>
    drainQueue({
      sqs,
      queueUrl,
      signal,
      take: (received) => {
        quiet.set(name, received.length === 0);
        add(received as never[]);
      },
    });

  const stopListening = deps.onLogLine(({ line }) => tally.accounts.readLine(line));
  const startedAt = clock();
  const drains = [
    ...Array.from({ length: RECEIVERS }, (_, index) =>
      drain(`ingestion ${index}`, queueUrls.ingestion, tally.addIngested),
    ),
    drain('dead letters', queueUrls.deadLetters, tally.addDeadLetters),
  ];
  let sent = 0;
  let allSent = false;
  const send = async (): Promise<void> => {
    for (const slice of slicesOf(messages)) {
      if (signal.aborted) return;
      await sendSlice(deps, slice);
      sent += slice.reduce((total, { events }) => total + events, 0);
    }
    allSent = true;
  };
  let accountedFor = 0;
  let changedAt = startedAt;
  let waitedMilliseconds = 0;

  const watch = async (): Promise<void> => {
    for (let leaps = 0; !signal.aborted; await sleep(LOOK_EVERY_MILLISECONDS)) {
      const counts = tally.counts();
      const now = counts.ingested + counts.deadLetters + sum(counts.dropped);
      if (now !== accountedFor) {
        [accountedFor, changedAt] = [now, clock()];
        deps.onProgress(accountedFor);
      }
      // One that is counted twice would come now.
      const nothingComes = quiet.size === drains.length && [...quiet.values()].every(Boolean);
      if (!allSent || !nothingComes) continue;
      if (accountedFor === sent || leaps === MOST_LEAPS) return;
      leaps++;
      const leapAt = clock();
      waitedMilliseconds += leapAt - changedAt;
      changedAt = leapAt;
      await deps.leap(awayMilliseconds);
      quiet.clear();
    }
  };

  try {
    // A receiver that fails ends the run at once.
    await Promise.race([Promise.all([send(), watch()]), Promise.all(drains)]);
  } finally {
    receiving.abort();
    stopListening();
    await Promise.allSettled(drains);
  }
  const seconds = Math.max(0.001, (changedAt - startedAt - waitedMilliseconds) / 1000);
  return {
    ...tally.counts(),
    sent,
    eventsPerSecond: Math.round(accountedFor / seconds),
    addsUp: accountedFor === sent,
    sample: tally.find(sampleUuid),
    ingestedUuids: tally.ingestedUuids,
  };
}

async function sendSlice({ sqs, queueUrls, sleep }: RunDemoDeps, slice: DemoMessage[]): Promise<void> {
  const [unsent] = await sendMessages({ sqs, sleep }, queueUrls.events, slice);
  if (unsent !== undefined) throw new Error(`The events queue refused a message: ${unsent.code}: ${unsent.reason}`);
}

function* slicesOf(messages: Iterable<DemoMessage>): Generator<DemoMessage[]> {
  let slice: DemoMessage[] = [];
  for (const message of messages) {
    slice.push(message);
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

async function visibilityTimeoutSeconds({ sqs, queueUrls }: RunDemoDeps): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrls.events, AttributeNames: ['VisibilityTimeout'] }),
  );
  return Number(Attributes?.['VisibilityTimeout']);
}
