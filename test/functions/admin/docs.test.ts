import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../../functions/admin/problem.ts';
import { ROUTES } from '../../../functions/admin/routes.ts';
import { type AdminUnderTest, startAdmin } from './admin-under-test.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/admin-api.md'), 'utf8');

describe('docs/admin-api.md', () => {
  it('has the table of routes as the code has it', () => {
    const rows = ROUTES.map(
      ({ method, path, scope, summary }) => `| ${method.toUpperCase()} | \`${path}\` | ${scope} | ${summary} |`,
    );
    const start = page.indexOf('| method | path |');

    expect(page.slice(start, page.indexOf('\n\n', start)).split('\n').slice(2)).toEqual(rows);
  });

  it('explains every problem in the words of the code', () => {
    const rows = Object.entries(PROBLEMS).map(
      ([code, [status, meaning]]) => `| \`${code}\` | ${status} | ${meaning} |`,
    );
    const start = page.indexOf('| code | status |');

    expect(page.slice(start, page.indexOf('\n\n', start)).split('\n').slice(2)).toEqual(rows);
  });
});

describe('the OpenAPI document', () => {
  let admin: AdminUnderTest;
  // oxlint-disable-next-line typescript/no-explicit-any
  let document: any;
  beforeAll(async () => {
    admin = await startAdmin();
    ({ body: document } = await admin.call({ path: '/api/openapi.json', token: null }));
  });
  afterAll(() => admin[Symbol.asyncDispose]());

  it('has every route of the table, and no other', () => {
    const operations = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );

    expect(operations.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('says of every route what it takes, what it answers, and whether it needs a token', () => {
    for (const { method, path, params, body, bodyBytes, scope, answer } of ROUTES) {
      const operation = document.paths[path][method];
      const inPath = (operation.parameters ?? []).filter((each: { in: string }) => each.in === 'path');

      expect([path, inPath.length]).toEqual([path, path.match(/\{\w+\}/g)?.length ?? 0]);
      expect(Object.keys(params?.shape ?? {}).length).toBe(inPath.length);
      expect(inPath.every((each: { required: boolean }) => each.required)).toBe(true);
      expect([path, operation.requestBody !== undefined]).toEqual([
        path,
        body !== undefined || bodyBytes !== undefined,
      ]);
      expect([path, operation.security]).toEqual([path, scope === 'public' ? undefined : [{ bearer: [] }]]);
      expect(Object.keys(operation.responses).sort()).toEqual([String(answer.status), 'default']);
      expect([path, operation.responses[answer.status].content !== undefined]).toEqual([
        path,
        answer.schema !== undefined,
      ]);
    }
  });

  it('refers only to schemas that it has', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name as string,
    );

    expect(references.length).toBeGreaterThan(10);
    expect(references.filter((name) => !(name in document.components.schemas))).toEqual([]);
  });
});
