import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { clientConfiguration } from './clients.ts';

/** An event for a bus. */
export interface BusEntry {
  detailType: string;
  /** JSON of an object. */
  detail: string;
  /** Milliseconds since 1970; the bus keeps whole seconds. */
  time: number;
}

/** What the bus did not take, and whether it may take it later. */
export interface RefusedEntry {
  /** Index of the entry. */
  index: number;
  /** EventBridge's code of it, or the SDK's, for example `TimeoutError`. */
  code: string;
  reason: string;
  retry: boolean;
}

/** One bus of EventBridge, to put events of one source on. */
export interface EventBus {
  /** Makes one call for 1 to 10 entries and gives those that were not taken. Never throws, and ends within the time limit. */
  put(entries: readonly BusEntry[], limitMilliseconds: number): Promise<RefusedEntry[]>;
}

export interface EventBusOptions {
  /** Its name or ARN. */
  bus: string;
  /** What every event names as its source. */
  source: string;
  /** Of a server that stands in for AWS; AWS itself when there is none. */
  endpoint?: string | undefined;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** Codes of what another attempt does not mend. Unknown means retry. */
const FINAL_CODES = new Set([
  'AccessDeniedException',
  'InvalidArgument',
  'MalformedDetail',
  'NotAuthorizedForDetailTypeException',
  'NotAuthorizedForSourceException',
  'ResourceNotFoundException',
  'ValidationException',
]);

export function createEventBus({ bus, source, endpoint, ...options }: EventBusOptions): EventBus {
  const eventbridge = new EventBridgeClient({
    ...clientConfiguration('eventbridge', options),
    ...(endpoint === undefined ? {} : { endpoint }),
    // The caller's time is short, and the caller knows how short.
    maxAttempts: 1,
  });
  const entryOf = ({ detailType, detail, time }: BusEntry): PutEventsRequestEntry => ({
    EventBusName: bus,
    Source: source,
    DetailType: detailType,
    Detail: detail,
    Time: new Date(time),
  });
  return {
    async put(entries, limitMilliseconds) {
      try {
        const { Entries = [] } = await eventbridge.send(new PutEventsCommand({ Entries: entries.map(entryOf) }), {
          abortSignal: AbortSignal.timeout(Math.ceil(limitMilliseconds)),
        });
        return entries.flatMap((_, index) => refusal(Entries[index], index));
      } catch (error) {
        const { name: code, message: reason } = error as Error;
        return entries.map((_, index) => ({ index, code, reason, retry: !FINAL_CODES.has(code) }));
      }
    },
  };
}

/** Results are in the order of the entries. What the answer does not mention cannot be taken for put. */
function refusal(result: PutEventsResultEntry | undefined, index: number): RefusedEntry[] {
  if (result?.EventId !== undefined && result.ErrorCode === undefined) return [];
  const code = result?.ErrorCode ?? 'NoAnswer';
  const reason = result?.ErrorMessage ?? 'The answer does not mention it';
  return [{ index, code, reason, retry: !FINAL_CODES.has(code) }];
}
