import { z } from '@hono/zod-openapi';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Route } from '../../../functions/admin/route.ts';
import { ROUTES } from '../../../functions/admin/routes.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

let admin: AdminUnderTest;
beforeAll(async () => {
  admin = await startAdmin();
  await admin.deps.projects.create({ name: 'One' });
  const pluginId = await admin.installPlugin({ name: 'P', config: [{ key: 'k' }] });
  await admin.deps.pluginConfigs.create({ projectId: 1, pluginId });
});
afterAll(() => admin[Symbol.asyncDispose]());

interface JsonSchema {
  type?: string | string[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  minItems?: number;
}

/** The least that a schema takes. */
function sampleOf(schema: JsonSchema): unknown {
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0] as JsonSchema);
  if (schema.enum !== undefined) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') {
    const fields = schema.required ?? [];
    return Object.fromEntries(fields.map((field) => [field, sampleOf(schema.properties?.[field] ?? {})]));
  }
  if (type === 'array') return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
  if (type === 'integer' || type === 'number') return Math.max(1, schema.minimum ?? 1);
  if (type === 'boolean') return true;
  if (schema.pattern?.includes('{32}')) return '0'.repeat(32);
  if (schema.pattern?.includes('{64}')) return '0'.repeat(64);
  return schema.pattern?.includes('/') ? 'text/plain' : 'x';
}

const jsonSchemaOf = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;

/** Values of every type that JSON has, and some that are too much of it. */
const VALUES = [null, true, 0, -1, 1.5, 1e300, '', 'text', [], ['x'], [null], {}, { x: 1 }, 'x'.repeat(5_000)];

/** Every field of a body, however deep, with a body in which everything else is right. */
function* fieldsOf(
  schema: JsonSchema,
  sample: unknown,
  path: string[] = [],
): Generator<{ path: string[]; body(value: unknown): unknown }> {
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const here = [...path, name];
    const body = (value: unknown) => ({ ...(sample as object), [name]: value });
    yield { path: here, body };
    if (inner.properties !== undefined)
      for (const deeper of fieldsOf(inner, sampleOf(inner), here))
        yield { path: deeper.path, body: (value) => body(deeper.body(value)) };
  }
}

/** Of fields that exclude each other there must be one, when it is not the one that is tried. */
function oneOf(path: string, tried: string | undefined): object {
  if (path.endsWith('/rearrange/')) return tried?.startsWith('order') === true ? {} : { order: [] };
  if (path.endsWith('/plugins/')) return ['url', 'source', 'upload'].includes(tried ?? '') ? {} : { url: 'nowhere' };
  if (path.includes('/dead_letters/'))
    return ['all', 'ids', 'reason', 'plugin_config'].includes(tried ?? '') ? {} : { all: true };
  return {};
}

const fillPath = (path: string) =>
  path
    .replace('/tokens/{id}', `/tokens/${'0'.repeat(16)}`)
    .replace('/uploads/{id}', `/uploads/${'0'.repeat(32)}`)
    .replace('{queue}', 'events')
    .replace('{name}', 'npm')
    .replaceAll(/\{\w+\}/g, '1');

const withBody = ROUTES.filter((route): route is Route & { body: z.ZodType } => route.body !== undefined);
const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;

async function stored() {
  const { projects, pluginConfigs, plugins, tokens } = admin.deps;
  return JSON.stringify([
    await projects.list(),
    await pluginConfigs.list(1),
    await plugins.list(),
    (await tokens.list()).map(({ id }) => id),
  ]);
}

describe('a body', () => {
  it.each(withBody.map((route) => [nameOf(route), route] as const))(
    'of %s with a wrong value in any field is refused with the place of the field, and nothing is stored',
    async (_name, route) => {
      const schema = jsonSchemaOf(route.body);
      const sample = sampleOf(schema);
      const before = await stored();
      let tried = 0;

      for (const { path, body: bodyOf } of fieldsOf(schema, sample)) {
        const body = (value: unknown) => ({ ...oneOf(route.path, path[0]), ...(bodyOf(value) as object) });
        for (const value of VALUES) {
          if (route.body.safeParse(body(value)).success) continue;
          tried += 1;
          const reply = await admin.call({
            method: route.method.toUpperCase(),
            path: fillPath(route.path),
            body: body(value),
          });

          const shown = `${path.join('.')} = ${JSON.stringify(value)?.slice(0, 60)}`;
          expect([shown, reply.status, reply.body.code]).toEqual([shown, 400, 'invalid_input']);
          const places = (reply.body.errors as { path: string }[]).map((error) => error.path);
          expect(
            places.some((place) => place.startsWith(`body.${path[0]}`)),
            `${shown}: ${places.join()}`,
          ).toBe(true);
        }
      }
      expect(tried).toBeGreaterThan(5);
      expect(await stored()).toBe(before);
    },
  );

  it.each(withBody.map((route) => [nameOf(route), route] as const))(
    'of %s has no field that is not there',
    async (_name, route) => {
      const body = { ...(sampleOf(jsonSchemaOf(route.body)) as object), is_admin: true, constructor: 1 };

      const reply = await admin.call({ method: route.method.toUpperCase(), path: fillPath(route.path), body });

      expect(reply.status).toBe(400);
      expect(reply.body.errors).toContainEqual({ path: 'body.is_admin', message: 'there is no such field' });
    },
  );

  it.each(withBody.map((route) => [nameOf(route), route] as const))(
    'of %s that is no JSON object, no JSON or no UTF-8, is of another type, or is too large, is refused',
    async (_name, route) => {
      const at = { method: route.method.toUpperCase(), path: fillPath(route.path) };
      const before = await stored();
      const json = { 'content-type': 'application/json' };

      const replies = [
        await admin.call({ ...at, body: '{"name":' }),
        await admin.call({ ...at, body: new Uint8Array([0x7b, 0xff, 0x7d]), headers: json }),
        await admin.call({ ...at, body: '[]' }),
        await admin.call({ ...at, body: 'null' }),
        await admin.call({ ...at, body: '{}', headers: { 'content-type': 'text/plain' } }),
        await admin.call({ ...at, body: JSON.stringify({ name: 'x'.repeat(1_100_000) }) }),
      ];

      expect(replies.map(({ body }) => body.code)).toEqual([
        'parse_error',
        'parse_error',
        'invalid_input',
        'invalid_input',
        'unsupported_media_type',
        'payload_too_large',
      ]);
      expect(await stored()).toBe(before);
    },
  );
});

describe('a path or a query', () => {
  it.each(['abc', '-1', '1.5', '%00', '1e3', '99999999999999999999', '__proto__', '%2e%2e%2f', "1'%20OR%201"])(
    'with the id %s is refused, and nothing breaks',
    async (id) => {
      for (const path of [`/api/projects/${id}/`, `/api/plugin_config/${id}/`, `/api/tokens/${id}/`]) {
        const reply = await admin.call({ method: path.includes('tokens') ? 'DELETE' : 'GET', path });

        expect([400, 404]).toContain(reply.status);
      }
      expect(admin.faults).toEqual([]);
    },
  );

  test.each([
    ['limit=0', 'query.limit'],
    ['limit=501', 'query.limit'],
    ['limit=x', 'query.limit'],
    ['offset=-1', 'query.offset'],
    ['team_id=x', 'query.team_id'],
    ['enabled=yes', 'query.enabled'],
  ])('with %s is refused with its place', async (query, place) => {
    const reply = await admin.call({ path: `/api/plugin_config/?${query}` });

    expect([reply.status, reply.body.errors[0].path]).toEqual([400, place]);
  });

  it('that is not there is a 404, one that is there for another method a 405 that names those it is there for', async () => {
    const [none, wrong, alsoWrong] = await Promise.all([
      admin.call({ path: '/api/nothing/' }),
      admin.call({ method: 'PUT', path: '/api/projects/1/' }),
      admin.call({ method: 'OPTIONS', path: '/api/plugin_config/' }),
    ]);

    expect(none.status).toBe(404);
    expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'GET, PATCH, DELETE']);
    expect([alsoWrong.status, alsoWrong.headers['allow']]).toEqual([405, 'GET, POST']);
  });

  it('works with and without a slash at the end', async () => {
    const replies = await Promise.all(
      ['/api/projects', '/api/projects/', '/health', '/health/'].map((path) => admin.call({ path })),
    );

    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

test('a key of a plugin config cannot reach the prototype of anything', async () => {
  const body = '{"config":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}';

  const reply = await admin.call({ method: 'PATCH', path: '/api/plugin_config/1/', body });

  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  expect([200, 400]).toContain(reply.status);
  expect(admin.faults).toEqual([]);
});

test('a fault is a 500 that shows nothing of it but the request id, which the log has', async () => {
  const faults: unknown[] = [];
  await using broken = await startAdmin({
    onFault: (error, requestId) => void faults.push([String(error), requestId]),
    projects: {
      list: () => {
        throw new TypeError('secret detail');
      },
    } as never,
  });

  const reply = await broken.call({ path: '/api/projects/' });

  expect([reply.status, reply.body.code]).toEqual([500, 'internal_error']);
  expect(reply.text).not.toContain('secret detail');
  expect(faults).toEqual([['TypeError: secret detail', reply.body.request_id]]);
  expect(reply.headers['x-request-id']).toBe(reply.body.request_id);
});
