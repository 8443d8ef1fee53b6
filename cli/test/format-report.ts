import { type InspectOptions, inspect, styleText } from 'node:util';
import type { Report } from './report.ts';
import type { StepResult } from './run-step.ts';
import type { Scenario, Step } from './scenario.ts';

const SHOWN: InspectOptions = { depth: 6, breakLength: 100, maxArrayLength: 20, maxStringLength: 500 };

const SETUP_COLORS = { ok: 'green', retry: 'yellow', failed: 'red' } as const;

/** The report for people: what was done, what came of it, and whatever else happened. */
export function formatReport(report: Report, { steps }: Pick<Scenario, 'steps'>, isGood: boolean): string {
  const { plugin, setup } = report;
  const title = `${bold(plugin.name)}${plugin.main === null ? '' : ` (${plugin.main})`}`;
  const setupText = styleText(SETUP_COLORS[setup.status], `setup ${setup.status}`);
  const sections = [
    `${title}: ${setupText}${setup.error === undefined ? '' : `: ${setup.error}`}`,
    report.steps.map((result, index) => stepText(result, steps[index] as Step, index)).join('\n'),
    section(
      'Logs',
      report.logs.map(({ source, type, message }) => `${type.padEnd(5)} ${source.padEnd(7)} ${message}`),
    ),
    section(
      'Captured',
      report.captured.map(({ event, distinct_id }) => `${String(event)} of ${String(distinct_id)}`),
    ),
    section(
      'Requests',
      report.requests.map(({ method, url, body }) => `${method} ${url}${body === null ? '' : `\n  ${body}`}`),
    ),
    section(
      'Jobs',
      report.jobs.map(
        ({ name, status, run_at, payload }) => `${name} ${status} at ${run_at} ${JSON.stringify(payload)}`,
      ),
    ),
    section('Cache', entriesOf(report.cache)),
    section('Storage', entriesOf(report.storage)),
    section('Metrics', entriesOf(report.metrics)),
    section(
      'Errors',
      report.errors.map(({ hook, name, message }) => styleText('red', `${hook}: ${name}: ${message}`)),
    ),
    isGood ? styleText('green', 'All went well.') : styleText('red', 'Something failed.'),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function stepText({ output, error }: StepResult, step: Step, index: number): string {
  const head = `${bold(String(index + 1))} ${stepName(step)}`;
  if (error !== undefined) return `${head}\n${indent(styleText('red', error))}`;
  if (output === null && 'event' in step) return `${head}\n${indent('dropped')}`;
  return output === null ? head : `${head}\n${indent(inspect(output, SHOWN))}`;
}

function stepName(step: Step): string {
  if ('event' in step) return `event ${String(step.event['event'])}`;
  if ('events' in step) return `${step.events.length} events`;
  if ('call' in step) return `call ${step.call}`;
  if ('job' in step) return `job ${step.job}`;
  if ('export' in step) return `export of ${step.export.length} events`;
  if ('advance' in step) return `advance ${step.advance / 1000} s`;
  return 'setup' in step ? 'setup' : 'teardown';
}

function entriesOf(values: Record<string, unknown>): string[] {
  return Object.entries(values).map(([key, value]) => `${key} = ${inspect(value, SHOWN)}`);
}

function section(title: string, lines: string[]): string {
  return lines.length === 0 ? '' : `${bold(title)}\n${indent(lines.join('\n'))}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** `styleText` leaves colours out where stdout is no terminal. */
function bold(text: string): string {
  return styleText('bold', text);
}
