import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LIFECYCLE_DETAILS, type LifecycleEventType } from '../../../shared/lifecycle/lifecycle-details.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/lifecycle-events.md'), 'utf8');

interface JsonSchema {
  type?: string;
  format?: string;
  const?: unknown;
  enum?: string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

/** Fields that are in every detail, those about a plugin config, and the error: each has a table of its own. */
const COMMON = ['version', 'id', 'function'];
const PLUGIN = ['pluginConfig', 'project', 'plugin', 'pluginVersion'];

const types = Object.keys(LIFECYCLE_DETAILS) as LifecycleEventType[];
const schemaOf = (type: LifecycleEventType) => z.toJSONSchema(LIFECYCLE_DETAILS[type]) as JsonSchema;

function kindOf({ type, format, const: only, enum: values }: JsonSchema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (format === 'date-time') return 'time, ISO 8601';
  return { string: 'text', integer: 'number', boolean: 'true or false' }[type ?? ''] ?? 'object';
}

/** The rows of a table of fields, those of objects in it after their own. */
function rows({ properties = {}, required = [] }: JsonSchema, isIn: (field: string) => boolean, path = ''): string[] {
  return Object.entries(properties)
    .filter(([field]) => path !== '' || isIn(field))
    .flatMap(([field, schema]) => {
      const absent = required.includes(field) ? '' : ', or absent';
      const row = `| \`${path}${field}\` | ${kindOf(schema)}${absent} | ${schema.description ?? ''} |`;
      return [row, ...rows(schema, isIn, `${path}${field}.`)];
    });
}

function tableAfter(heading: string): string[] {
  const section = page.split(`\n${heading}\n`)[1] ?? '';
  const lines = section.slice(0, section.search(/\n##+ /) + 1 || undefined).split('\n');
  return lines.filter((line) => line.startsWith('| `'));
}

describe('docs/lifecycle-events.md', () => {
  it('has every detail-type, with when it is told', () => {
    const listed = [...page.matchAll(/^\| \[(.+)\]\(#.+\) \| .{20,} \|$/gm)].map(([, type]) => type);

    expect(listed).toEqual(types);
  });

  it('has the fields that every detail has, those about the plugin config, and the error', () => {
    const schema = schemaOf('Plugin disabled');

    expect(tableAfter('## In every detail')).toEqual([
      ...rows(schema, (field) => COMMON.includes(field)),
      ...rows(schema, (field) => PLUGIN.includes(field)),
      ...rows(schema, (field) => field === 'error'),
    ]);
    for (const type of types) expect(rows(schemaOf(type), (field) => COMMON.includes(field))).toHaveLength(3);
  });

  it.each(types)('has the fields of %s, and an example that fits them', (type) => {
    const schema = schemaOf(type);
    const own = (field: string) => ![...COMMON, ...PLUGIN, 'error'].includes(field);
    const [, json = ''] = page.split(`\n### ${type}\n`)[1]?.match(/```json\n([\s\S]*?)```/) ?? [];
    const example = JSON.parse(json) as { source: string; 'detail-type': string; detail: unknown };

    expect(tableAfter(`### ${type}`)).toEqual(rows(schema, own));
    expect(example).toMatchObject({ source: 'hoglet', 'detail-type': type });
    expect(LIFECYCLE_DETAILS[type].safeParse(example.detail).error).toBeUndefined();
  });
});
