import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { NEWS_KINDS } from '../../cli/dev/dev-news.ts';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { createProgram } from '../../cli/program.ts';
import { parseScenario } from '../../cli/test/read-scenario.ts';
import { scenarioSchema } from '../../cli/test/scenario.ts';

const DOCS = readFileSync(join(import.meta.dirname, '../../docs/test-bench.md'), 'utf8');

/** What the first column of the table below a heading names. */
function namesBelow(heading: string): string[] {
  const section = DOCS.slice(DOCS.indexOf(`\n## ${heading}`)).split('\n## ')[1] ?? '';
  return [...section.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
  );
}

describe('docs/test-bench.md', () => {
  it('shows a scenario that fits', () => {
    const [, scenario = ''] = /```json\n([^]+?)```/.exec(DOCS) ?? [];

    expect(parseScenario(JSON.parse(scenario)).steps).toHaveLength(3);
  });

  it('explains every key of a scenario', () => {
    expect(namesBelow('A scenario').toSorted()).toEqual(Object.keys(scenarioSchema.shape).toSorted());
  });

  it('explains every key of a report', () => {
    const report = JSON.parse(
      readFileSync(join(import.meta.dirname, '../fixtures/plugins/visit-counter/report.json'), 'utf8'),
    ) as object;

    expect(namesBelow('The report')).toEqual(Object.keys(report));
  });

  it('shows steps that there are', () => {
    const steps = namesBelow('Steps').map(
      (text) => JSON.parse(text.replaceAll('…', text.includes('payload') ? '1' : '')) as object,
    );

    expect(parseScenario({ steps }).steps).toHaveLength(8);
  });
});

describe('docs/cli.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
  const rowsOf = (head: string) => {
    const start = page.indexOf(head);
    return page.slice(start, page.indexOf('\n\n', start)).split('\n').slice(2);
  };

  const commands = (command: Command, path = ''): string[] =>
    command.commands.length === 0
      ? [`| \`${`${path} ${command.usage().replace(/\[options\] ?/, '')}`.trim()}\` | ${command.description()} |`]
      : command.commands.flatMap((each) => commands(each, `${path} ${each.name()}`.trim()));

  it('lists every command, with its arguments, in the words of its help', () => {
    expect(rowsOf('| command | does |')).toEqual(commands(createProgram({ env: {}, write: () => {} })));
  });

  it('explains every exit code in the words of the code', () => {
    expect(rowsOf('| code | meaning |')).toEqual(
      Object.entries(EXIT_CODES).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    );
  });
});

describe('docs/local.md', () => {
  it('explains every kind of what hoglet dev tells, in the words of the code', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/local.md'), 'utf8');
    const start = page.indexOf('| kind | what it is |');

    expect(page.slice(start, page.indexOf('\n\n', start)).split('\n').slice(2)).toEqual(
      Object.entries(NEWS_KINDS).map(([kind, meaning]) => `| \`${kind}\` | ${meaning} |`),
    );
  });
});
