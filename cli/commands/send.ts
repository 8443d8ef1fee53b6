import { randomUUID } from 'node:crypto';
import type { ApiClient } from '../api-client.ts';
import { ApiError } from '../api-error.ts';
import type { AddCommands } from '../program.ts';
import { parseEvent, type ReadEvent, readEvents } from '../read-events.ts';
import { UsageError } from '../usage-error.ts';
import { wholeNumber } from '../whole-number.ts';

/** What a request has at the most: the API takes bodies of 1 MiB. */
const MOST_EVENTS = 1_000;
const MOST_BYTES = 900_000;

export const sendCommand: AddCommands = (program, { withSession }) => {
  program
    .command('send')
    .argument('[event]', 'an event as JSON')
    .option('--file <file>', 'events, one a line; - is standard input')
    .option(
      '--project <id>',
      'the project; unless given, that of their `team_id`, or the only one that the token reaches',
      wholeNumber,
    )
    .description('sends events into a project')
    .action(
      withSession(async ({ api, show }, text: string | undefined, options: { file?: string; project?: number }) => {
        const { file, project } = options;
        if ((text === undefined) === (file === undefined))
          throw new UsageError('Give either an event as JSON, or --file with one a line.');
        const only = project ?? null;
        const uuids: string[] = [];
        try {
          for await (const batch of batchesOf(
            file === undefined ? single(text as string) : readEvents(file),
            only,
            () => onlyProject(api),
          ))
            uuids.push(...(await send(api, batch)));
        } catch (error) {
          if (uuids.length > 0) (error as Error).message += `\n${sentText(uuids.length)} before.`;
          throw error;
        }
        show({ uuids }, () =>
          uuids.length === 1 ? `It is on its way, with the uuid ${uuids[0]}.` : `${sentText(uuids.length)}.`,
        );
      }),
    );
};

interface Batch {
  project: number;
  events: ReadEvent[];
}

async function* single(text: string): AsyncGenerator<ReadEvent> {
  yield { event: parseEvent(text, 'The event'), line: 1, bytes: Buffer.byteLength(text) };
}

/** Puts events together that go into one request, in their order. */
async function* batchesOf(
  events: AsyncIterable<ReadEvent>,
  project: number | null,
  findProject: () => Promise<number>,
): AsyncGenerator<Batch> {
  let batch: Batch = { project: project ?? -1, events: [] };
  let bytes = 0;
  let found: number | undefined;
  for await (const one of events) {
    const wanted = project ?? teamOf(one) ?? (found ??= await findProject());
    const isFull = batch.events.length >= MOST_EVENTS || bytes + one.bytes > MOST_BYTES;
    if (batch.events.length > 0 && (isFull || batch.project !== wanted)) {
      yield batch;
      batch = { project: wanted, events: [] };
      bytes = 0;
    }
    batch.project = wanted;
    // With a uuid of its own it is the same event when it has to be sent again.
    batch.events.push({ ...one, event: { ...one.event, uuid: one.event['uuid'] ?? randomUUID() } });
    bytes += one.bytes;
  }
  if (batch.events.length > 0) yield batch;
}

async function send(api: ApiClient, { project, events }: Batch): Promise<string[]> {
  try {
    const { body } = await api.request<{ uuids: string[] }>({
      path: `/api/projects/${project}/events/`,
      method: 'POST',
      body: { events: events.map(({ event }) => event) },
      repeatable: true,
    });
    return body.uuids;
  } catch (error) {
    throw withLines(error, events);
  }
}

/** The API counts the events of a request, people the lines of their file. */
function withLines(error: unknown, events: ReadEvent[]): unknown {
  const { problem, message } = error as ApiError;
  if (!(error instanceof ApiError) || problem === undefined) return error;
  const text = message.replaceAll(/body\.events\.(\d+)/g, (_, index: string) => `line ${events[Number(index)]?.line}`);
  return new ApiError(text, { status: Number(problem['status']), problem, cause: error });
}

function teamOf({ event }: ReadEvent): number | undefined {
  const { team_id: team } = event;
  return Number.isSafeInteger(team) ? (team as number) : undefined;
}

async function onlyProject(api: ApiClient): Promise<number> {
  const projects = await api.listAll<{ id: number }>('/api/projects/');
  const [only, ...others] = projects;
  if (only !== undefined && others.length === 0) return only.id;
  const known = only === undefined ? 'there are none' : `there are ${projects.map(({ id }) => id).join(', ')}`;
  throw new UsageError(`Into which project? Give --project, or a team_id with each event (${known}).`);
}

function sentText(count: number): string {
  return `${count} ${count === 1 ? 'event was' : 'events were'} sent`;
}
