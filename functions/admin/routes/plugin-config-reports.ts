import { z } from '@hono/zod-openapi';
import type { PluginLogEntry } from '../../../shared/state/plugin-log.ts';
import type { MetricSeries } from '../../../shared/state/plugin-metrics-reader.ts';
import { byId, instant, repeated, time } from '../field-schemas.ts';
import { PAGE_QUERY } from '../pages.ts';
import { inputProblem } from '../read-input.ts';
import { type Route, route } from '../route.ts';
import { findConfig } from './plugin-configs.ts';

const ONE = '/api/plugin_config/{id}/';
const DAY_MILLISECONDS = 86_400_000;

const LOG_TYPES = ['DEBUG', 'LOG', 'INFO', 'WARN', 'ERROR'] as const satisfies PluginLogEntry['type'][];
const LOG_SOURCES = ['SYSTEM', 'PLUGIN', 'CONSOLE'] as const satisfies PluginLogEntry['source'][];

const ENTRY = z
  .strictObject({
    id: z.string(),
    timestamp: time,
    source: z.enum(LOG_SOURCES),
    type: z.enum(LOG_TYPES),
    message: z.string(),
    instance_id: z.string(),
  })
  .openapi('PluginLogEntry');

const SERIES = z
  .strictObject({
    name: z.string(),
    operation: z.enum(['sum', 'max', 'min']),
    source: z.enum(['plugin', 'host']).openapi({ description: 'Who measures: the plugin, or functions about it' }),
    function: z.string().nullable(),
    points: z.array(z.strictObject({ time, value: z.number() })),
  })
  .openapi('MetricSeries');

const cursor = z.string().min(1).max(10_000);

export const PLUGIN_CONFIG_REPORT_ROUTES: Route[] = [
  route({
    method: 'get',
    path: `${ONE}logs/`,
    scope: 'read',
    summary: 'Shows the log of a plugin config: the newest lines first, or with `after` those that came since',
    params: byId,
    query: z
      .object({
        type_filter: repeated(z.enum(LOG_TYPES)),
        source_filter: repeated(z.enum(LOG_SOURCES)),
        search: z.string().min(1).max(200).optional(),
        before: cursor.optional().openapi({ description: 'As `next` of a page has it' }),
        after: cursor.optional().openapi({ description: '`after` of a page before, or a time' }),
        limit: PAGE_QUERY.limit,
      })
      .refine(({ before, after }) => before === undefined || after === undefined, {
        path: ['after'],
        message: 'give either `before` or `after`',
      }),
    answer: {
      status: 200,
      description: 'A page of it, which may be empty though there are more: `next` says so',
      schema: z.strictObject({
        next: z.string().nullable(),
        after: z.string().nullable().openapi({ description: 'For `after`: gives what comes after this page' }),
        results: z.array(ENTRY),
      }),
    },
    async handle(deps, { params, query, caller, url }) {
      await findConfig(deps, caller, params.id);
      const { before, after, limit, search, type_filter: types, source_filter: sources } = query;
      const filter = { pluginConfig: params.id, types, sources, search, limit };
      const link = (name: string, value: string | null): string | null => {
        if (value === null) return null;
        const parameters = new URLSearchParams(url.searchParams);
        parameters.set(name, value);
        return `${url.pathname}?${parameters.toString()}`;
      };
      return atPlace(after === undefined ? 'query.before' : 'query.after', async () => {
        if (after === undefined) {
          const { entries, older, newer } = await deps.pluginLogs.latest({ ...filter, older: before });
          return { status: 200, body: { next: link('before', older), after: newer, results: entries.map(shownEntry) } };
        }
        const page = await deps.pluginLogs.since({ ...filter, after: timeOf(after) ?? after });
        const next = page.more ? link('after', page.cursor) : null;
        return { status: 200, body: { next, after: page.cursor, results: page.entries.map(shownEntry) } };
      });
    },
  }),
  route({
    method: 'get',
    path: `${ONE}metrics/`,
    scope: 'read',
    summary: 'Shows what a plugin config has come to, hour by hour: its own metrics, and what functions count about it',
    params: byId,
    query: z.object({
      from: instant.optional().openapi({ description: 'A day before `to` unless given' }),
      to: instant.optional().openapi({ description: 'Now unless given' }),
      name: repeated(z.string().min(1).max(255)),
    }),
    answer: {
      status: 200,
      description: 'A series for each metric that has a value in these hours',
      schema: z.strictObject({ from: time, to: time, results: z.array(SERIES) }),
    },
    async handle(deps, { params, query, caller }) {
      await findConfig(deps, caller, params.id);
      const { to = deps.now() } = query;
      const { from = to - DAY_MILLISECONDS } = query;
      const series = await atPlace('query.from', () =>
        deps.pluginMetrics.read({ pluginConfig: params.id, from, to, names: query.name }),
      );
      const body = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      return { status: 200, body: { ...body, results: series.map(shownSeries) } };
    },
  }),
];

/** Readers throw a RangeError for a cursor that no page has given, and for times that are none. */
async function atPlace<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RangeError) throw inputProblem([{ path, message: error.message }]);
    throw error;
  }
}

/** Null for what is a cursor. */
function timeOf(text: string): number | null {
  const parsed = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

function shownEntry({ id, timestamp, source, type, message, instanceId }: PluginLogEntry): z.input<typeof ENTRY> {
  return { id, timestamp: new Date(timestamp).toISOString(), source, type, message, instance_id: instanceId };
}

function shownSeries({ points, ...series }: MetricSeries): z.input<typeof SERIES> {
  return { ...series, points: points.map(({ hour, value }) => ({ time: new Date(hour).toISOString(), value })) };
}
