import { sum } from './demo-tally.ts';
import type { DemoResult } from './run-demo.ts';
import type { DemoEffects } from './watch-effects.ts';

type PluginNames = ReadonlyMap<number, string>;

type Run = Omit<DemoResult, 'ingestedUuids'> & { killed: number };

/** The result as one line of JSON; every plugin of the project is in it, also with 0. */
export function demoJson(result: Run, effects: DemoEffects, plugins: PluginNames): string {
  const { sent, ingested, deadLetters, eventsPerSecond, killed } = result;
  const dropped = byName(result.dropped, plugins);
  const failed = byName(result.failed, plugins);
  const { exporter, jobs, tasks, counter, minutes } = effects;
  const effectsOfPlugins = { exporter, jobs, tasks, counter, minutes };
  return JSON.stringify({ sent, ingested, dropped, failed, deadLetters, eventsPerSecond, killed, ...effectsOfPlugins });
}

/** The result as a table for people. */
export function demoTable(result: Run, effects: DemoEffects, plugins: PluginNames): string {
  const dropped = Object.entries(byName(result.dropped, plugins)).filter(([, count]) => count > 0);
  const failed = Object.entries(byName(result.failed, plugins)).filter(([, count]) => count > 0);
  const reasons = [...result.reasons].toSorted(([, a], [, b]) => b - a);
  const rows: [string, number][] = [
    ['sent', result.sent],
    ['ingested', result.ingested],
    ['dropped', sum(result.dropped)],
    ...dropped.map(([name, count]): [string, number] => [`  by ${name}`, count]),
    ['dead letters', result.deadLetters],
    ...reasons.map(([reason, count]): [string, number] => [`  ${reason}`, count]),
    ['failed calls (the events went on)', sum(result.failed)],
    ...failed.map(([name, count]): [string, number] => [`  of ${name}`, count]),
    ['events per second', result.eventsPerSecond],
    ['processes killed under way', result.killed],
    ['  events that were run again', result.repeated],
    ['exported', effects.exporter.exported],
    ['  exports refused at first', effects.exporter.refused],
    ['followed up by a job', effects.jobs.followedUp],
    ['counted', effects.counter.counted],
    ['  reports by a scheduled task', effects.tasks.reports],
    ['minutes leapt over', effects.minutes],
  ];
  const labelWidth = Math.max(...rows.map(([label]) => label.length));
  const numberWidth = Math.max(...rows.map(([, count]) => count.toLocaleString('en').length));
  const lines = rows.map(
    ([label, count]) => `  ${label.padEnd(labelWidth)}  ${count.toLocaleString('en').padStart(numberWidth)}`,
  );
  return [...lines, '', verdict(result), ...remarks(effects)].join('\n');
}

function verdict({ sent, ingested, dropped, deadLetters, addsUp }: Run): string {
  const right = `${ingested} ingested + ${sum(dropped)} dropped + ${deadLetters} dead letters`;
  if (addsUp) return `Every event is accounted for: ${sent} sent = ${right}.`;
  return `The counts do not add up: ${sent} sent, but ${right} = ${ingested + sum(dropped) + deadLetters}.`;
}

function remarks({ exporter, jobs, counter, right }: DemoEffects): string[] {
  if (right) return ['All of them were exported, followed up and counted.'];
  return [
    `Not everything was done: ${exporter.missing} events were not exported, ${jobs.missing} not followed up, ` +
      `${counter.counted} counted where there were ${counter.events}, of which ${counter.repeated} may count twice.`,
  ];
}

function byName(counts: ReadonlyMap<number, number>, plugins: PluginNames): Record<string, number> {
  const ids = new Set([...plugins.keys(), ...counts.keys()]);
  return Object.fromEntries([...ids].map((id) => [plugins.get(id) ?? `plugin config ${id}`, counts.get(id) ?? 0]));
}
