import { z } from '@hono/zod-openapi';
import { checkEvent } from '../../../shared/event/check-event.ts';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import type { Rejection } from '../../../shared/event/rejection.ts';
import { byId } from '../field-schemas.ts';
import { packSentEvents } from '../pack-sent-events.ts';
import { type FieldProblem, Problem } from '../problem.ts';
import { inputProblem } from '../read-input.ts';
import { type Route, route } from '../route.ts';
import { findProject } from './projects.ts';

const MOST_EVENTS = 5_000;

export const PROJECT_EVENT_ROUTES: Route[] = [
  route({
    method: 'post',
    path: '/api/projects/{id}/events/',
    scope: 'write',
    summary: 'Sends events into a project: all of them, or none when one is wrong',
    params: byId,
    body: z.strictObject({
      events: z
        .array(z.record(z.string(), z.unknown()))
        .min(1)
        .max(MOST_EVENTS)
        .openapi({ description: 'With `event` and `distinct_id`; a `uuid` of your own makes sending again harmless' }),
    }),
    answer: {
      status: 202,
      description: 'They are in the queue',
      schema: z.strictObject({ uuids: z.array(z.string()).openapi({ description: 'In the order of the events' }) }),
    },
    async handle(deps, { params, body, caller }) {
      await findProject(deps, caller, params.id);
      const sending = deps.newId();
      const now = new Date(deps.now()).toISOString();
      const problems: FieldProblem[] = [];
      const events = body.events.flatMap((value, position) => {
        const checked = eventOf(value, { project: params.id, now, sending, position });
        if ('uuid' in checked) return [checked];
        problems.push(checked);
        return [];
      });
      if (problems.length > 0) throw inputProblem(problems);

      const messages = packSentEvents(events).map((content) => ({ body: content }));
      const unsent = await deps.sendEvents(messages);
      if (unsent.length > 0) {
        const detail = `${unsent.length} of ${messages.length} messages could not be sent. Send all events again: those with a uuid of your own are the same ones then`;
        throw new Problem('unavailable', detail, { headers: { 'retry-after': '1' } });
      }
      return {
        status: 202,
        body: { uuids: events.map(({ uuid }) => uuid) },
        change: { target: `project ${params.id}`, projectId: params.id, details: { events: events.length } },
      };
    },
  }),
];

/** The field that is wrong, where an event is none because of one. */
const FIELDS: Partial<Record<Rejection['reason'], string>> = {
  missing_event: '.event',
  missing_distinct_id: '.distinct_id',
};

interface Sending {
  project: number;
  /** ISO 8601. */
  now: string;
  /** Names what events without a uuid get theirs from. */
  sending: string;
  position: number;
}

/** Makes an event of the project, or says what is wrong. */
function eventOf(
  value: Record<string, unknown>,
  { project, now, sending, position }: Sending,
): PluginEvent | FieldProblem {
  const place = `body.events.${position}`;
  const { team_id: team = project } = value;
  if (String(team) !== String(project))
    return { path: `${place}.team_id`, message: `must be ${project}, or left out: it is the project in the path` };
  try {
    return checkEvent({ now, ...value, team_id: project }, sending, position);
  } catch (error) {
    const { name, reason, message } = error as Rejection;
    if (name !== 'Rejection') throw error;
    return { path: `${place}${FIELDS[reason] ?? ''}`, message };
  }
}
