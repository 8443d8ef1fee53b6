import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOST_COUNTS } from '../functions/plugin-reports/host-counts.ts';
import { HOST_METRICS } from '../shared/aws/host-metrics.ts';
import { REJECTIONS } from '../shared/event/rejection.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('the documents', () => {
  it('explain every reason of a dead letter, in the words of the code', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| (.+?) \| .+ \|$/gm)].map(([, code, meaning]) => [
      code,
      meaning,
    ]);
    const reasons = rows.filter(
      ([code]) => code !== undefined && !['reason', 'detail', 'sourceMessageId', 'position'].includes(code),
    );

    expect(Object.fromEntries(reasons)).toEqual(REJECTIONS);
  });

  it('list every metric and every count of the history, with unit, dimensions, functions and meaning, as the code has them', () => {
    const cells = [...read('docs/observability.md').matchAll(/^\| `([A-Z]\w+)` \| (.+) \|$/gm)].map(
      ([, name, rest]) => [name as string, ...(rest as string).split(' | ')],
    );
    const dimensions = { only: '`function`, `pluginConfig`', also: '`function`; `function`, `pluginConfig`' };
    const metrics = Object.entries<{
      unit: string;
      functions: readonly string[];
      perPluginConfig?: 'only' | 'also';
      meaning: string;
    }>(HOST_METRICS).map(([name, { unit, functions, perPluginConfig, meaning }]) => [
      name,
      unit,
      perPluginConfig === undefined ? '`function`' : dimensions[perPluginConfig],
      functions.join(', '),
      meaning,
    ]);
    const counts = Object.entries(HOST_COUNTS).map(([name, { functions, meaning }]) => [
      name,
      functions.join(', '),
      meaning,
    ]);

    expect(cells.filter(({ length }) => length === 5)).toEqual(metrics);
    expect(cells.filter(({ length }) => length === 3)).toEqual(counts);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'docs/local.md'].flatMap((path) =>
      [...read(path).matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map((match) => match[1] ?? (match[2] as string)),
    );

    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    expect(named).toContain('demo');
  });

  it('link only to what exists', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      'ARCHITECTURE.md',
      ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`),
    ].filter((path) => path.endsWith('.md'));
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] as string)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => statSync(join(ROOT, dirname(page), target), { throwIfNoEntry: false }) === undefined)
        .map((target) => `${page} → ${target}`),
    );

    expect(broken).toEqual([]);
  });

  it('name, for each line of the compatibility page, a test that exists', () => {
    const rows = [...read('docs/compatibility.md').matchAll(/\| \[(.+)\]\(\.\.\/(test\/[\w/.-]+)\) \|$/gm)];
    const missing = rows.filter(([, title, path]) => !read(path as string).includes(title as string));

    expect(missing.map(([row]) => row)).toEqual([]);
    expect(rows.length).toBeGreaterThan(50);
  });

  it('number the decisions without a gap', () => {
    const numbers = readdirSync(join(ROOT, 'docs/adr'))
      .map((name) => Number(name.slice(0, 4)))
      .toSorted((a, b) => a - b);

    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
