import { sum } from './demo-tally.ts';
import type { DemoResult } from './run-demo.ts';

type PluginNames = ReadonlyMap<number, string>;

/** The result as one line of JSON; every plugin of the project is in it, also with 0. */
export function demoJson(result: DemoResult, plugins: PluginNames): string {
  const { sent, ingested, deadLetters, eventsPerSecond } = result;
  const dropped = byName(result.dropped, plugins);
  return JSON.stringify({
    sent,
    ingested,
    dropped,
    failed: byName(result.failed, plugins),
    deadLetters,
    eventsPerSecond,
  });
}

/** The result as a table for people. */
export function demoTable(result: DemoResult, plugins: PluginNames): string {
  const dropped = Object.entries(byName(result.dropped, plugins));
  const failed = Object.entries(byName(result.failed, plugins));
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
  ];
  const labelWidth = Math.max(...rows.map(([label]) => label.length));
  const numberWidth = Math.max(...rows.map(([, count]) => count.toLocaleString('en').length));
  const lines = rows.map(
    ([label, count]) => `  ${label.padEnd(labelWidth)}  ${count.toLocaleString('en').padStart(numberWidth)}`,
  );
  return [...lines, '', verdict(result)].join('\n');
}

function verdict({ sent, ingested, dropped, deadLetters, addsUp }: DemoResult): string {
  const right = `${ingested} ingested + ${sum(dropped)} dropped + ${deadLetters} dead letters`;
  if (addsUp) return `Every event is accounted for: ${sent} sent = ${right}.`;
  return `The counts do not add up: ${sent} sent, but ${right} = ${ingested + sum(dropped) + deadLetters}.`;
}

function byName(counts: ReadonlyMap<number, number>, plugins: PluginNames): Record<string, number> {
  const ids = new Set([...plugins.keys(), ...counts.keys()]);
  return Object.fromEntries([...ids].map((id) => [plugins.get(id) ?? `plugin config ${id}`, counts.get(id) ?? 0]));
}
