import type { Operation } from '../servers/json-server.ts';
import { ServiceError } from '../servers/json-server.ts';
import type { EventBuses, Rule } from './event-buses.ts';

/** EventBridge's quotas for PutEvents. */
const MOST_ENTRIES = 10;
const MOST_REQUEST_BYTES = 1_048_576;
/** What EventBridge counts for a time, if an entry has one. */
const TIME_BYTES = 14;

interface Entry {
  Source?: unknown;
  DetailType?: unknown;
  Detail?: unknown;
  EventBusName?: unknown;
  /** Epoch seconds. */
  Time?: unknown;
  Resources?: unknown;
  TraceHeader?: unknown;
}

const ENTRY_MEMBERS = ['Source', 'DetailType', 'Detail', 'EventBusName', 'Time', 'Resources', 'TraceHeader'];

/** The operations of EventBridge that the local stack has: PutEvents, and listing rules and switching them on and off. */
export function eventOperations(buses: EventBuses): Record<string, Operation> {
  const switchRule = (enabled: boolean): Operation => ({
    members: ['Name', 'EventBusName'],
    run({ Name: name, EventBusName: bus = 'default' }) {
      if (buses.enable(String(name), buses.findBus(String(bus)) ?? '', enabled)) return {};
      throw new ServiceError('ResourceNotFoundException', `Rule ${String(name)} does not exist on ${String(bus)}.`);
    },
  });
  return {
    'AWSEvents.PutEvents': { members: ['Entries'], run: ({ Entries }) => putEvents(buses, Entries) },
    'AWSEvents.ListRules': {
      members: ['EventBusName'],
      run: ({ EventBusName: bus = 'default' }) => ({
        Rules: buses.rulesOf(buses.findBus(String(bus)) ?? '').map(listed),
      }),
    },
    'AWSEvents.EnableRule': switchRule(true),
    'AWSEvents.DisableRule': switchRule(false),
  };
}

function listed({ name, arn, busName, enabled, schedule }: Rule): object {
  return {
    Name: name,
    Arn: arn,
    EventBusName: busName,
    State: enabled ? 'ENABLED' : 'DISABLED',
    ...(schedule === undefined ? {} : { ScheduleExpression: schedule }),
  };
}

function putEvents(buses: EventBuses, entries: unknown): object {
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > MOST_ENTRIES) {
    const got = Array.isArray(entries) ? entries.length : 'none';
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: 'entries' has ${got} members; it must have 1 to ${MOST_ENTRIES}`,
    );
  }
  const bytes = (entries as Entry[]).reduce((sum, entry) => sum + bytesOf(entry), 0);
  if (bytes > MOST_REQUEST_BYTES) {
    throw new ServiceError(
      'ValidationException',
      `Total size of the entries in the request is over the limit: ${bytes} of ${MOST_REQUEST_BYTES} bytes`,
    );
  }
  const results = (entries as Entry[]).map((entry) => {
    try {
      return { EventId: putEntry(buses, entry) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { ErrorCode: error.code, ErrorMessage: error.message };
    }
  });
  return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
}

function putEntry(buses: EventBuses, entry: Entry): string {
  const unknown = Object.keys(entry).filter((member) => !ENTRY_MEMBERS.includes(member));
  if (unknown.length > 0) throw new ServiceError('InvalidArgument', `${unknown.join(', ')} is not honoured here`);
  const source = required(entry, 'Source');
  const detailType = required(entry, 'DetailType');
  const detail = parseDetail(required(entry, 'Detail'));
  if (source.startsWith('aws.')) {
    throw new ServiceError('NotAuthorizedForSourceException', `Not authorized for the source ${source}.`);
  }
  const busName = buses.findBus(String(entry.EventBusName ?? 'default'));
  if (busName === undefined) {
    throw new ServiceError('ResourceNotFoundException', `Event bus ${String(entry.EventBusName)} does not exist.`);
  }
  return buses.put(busName, {
    source,
    'detail-type': detailType,
    detail,
    resources: Array.isArray(entry.Resources) ? entry.Resources.map(String) : [],
    ...(typeof entry.Time === 'number' ? { time: entry.Time * 1000 } : {}),
  });
}

function required(entry: Entry, member: 'Source' | 'DetailType' | 'Detail'): string {
  const value = entry[member];
  if (typeof value === 'string' && value !== '') return value;
  throw new ServiceError(
    'InvalidArgument',
    `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
  );
}

function parseDetail(detail: string): unknown {
  try {
    const value: unknown = JSON.parse(detail);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, as JSON that is no object.
  }
  throw new ServiceError('MalformedDetail', 'Detail is malformed.');
}

/** The size of an entry as EventBridge counts it: its texts in UTF-8. */
function bytesOf({ Source, DetailType, Detail, Time, Resources }: Entry): number {
  const texts = [Source, DetailType, Detail, ...(Array.isArray(Resources) ? Resources : [])];
  const sum = texts.reduce(
    (total: number, text) => total + (typeof text === 'string' ? Buffer.byteLength(text) : 0),
    0,
  );
  return sum + (Time === undefined ? 0 : TIME_BYTES);
}
