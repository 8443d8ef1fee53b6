import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RESOURCE_TYPES } from '../../local/resources/resource-types.ts';
import { STATE_RULES } from '../../local/step-functions/definition.ts';
import type { PropertyRules } from '../../local/template/property-rule.ts';

function rows(rules: PropertyRules, path = ''): string[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    const here = path + name;
    const [effect, why] = 'honoured' in rule ? ['honoured', rule.honoured] : ['no effect', rule.accepted];
    const only = rule.only === undefined ? '' : `; only ${rule.only.map((value) => `\`${String(value)}\``).join(', ')}`;
    const nested = 'of' in rule && rule.of !== undefined ? rows(rule.of, `${here}.`) : [];
    return [`| \`${here}\` | ${effect} | ${why}${only} |`, ...nested];
  });
}

test('docs/local.md says of every property what becomes of it', async () => {
  const docs = await readFile(join(import.meta.dirname, '../../docs/local.md'), 'utf8');
  const tables = [...RESOURCE_TYPES.values()]
    .toSorted((a, b) => a.type.localeCompare(b.type))
    .map(({ type, properties }) =>
      [`### ${type}`, '', '| property | here | how, or why not |', '| --- | --- | --- |', ...rows(properties)].join(
        '\n',
      ),
    )
    .join('\n\n');

  expect(docs.slice(docs.indexOf('\n### ') + 1).trim()).toBe(tables);
});

test('docs/local.md names the fields that each state of a state machine may have', async () => {
  const docs = await readFile(join(import.meta.dirname, '../../docs/local.md'), 'utf8');
  const stateRows = Object.entries(STATE_RULES).map(([type, rules]) => {
    const fields = Object.entries(rules).map(([field, rule]) => {
      const nested = 'of' in rule && rule.of !== undefined ? Object.entries(rule.of) : [];
      const only = [[field, rule] as const, ...nested].flatMap(([name, { only: values }]) =>
        values === undefined ? [] : [`${name === field ? '' : `${name} `}only ${values.map(String).join(', ')}`],
      );
      return `\`${field}\`${only.length === 0 ? '' : ` (${only.join('; ')})`}`;
    });
    return `| ${type} | ${fields.filter((field) => !/`(Type|Comment)`/.test(field)).join(', ')} |`;
  });

  expect(docs).toContain(`| state | fields |\n| --- | --- |\n${stateRows.join('\n')}\n`);
});
