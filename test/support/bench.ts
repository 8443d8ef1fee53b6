import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseScenario } from '../../cli/test/read-scenario.ts';
import type { Report } from '../../cli/test/report.ts';
import { runScenario } from '../../cli/test/run-scenario.ts';

/** What a plugin is written as here: `index.js` alone, or files by path. */
export type Source = string | Record<string, string>;

export interface PluginFolder extends AsyncDisposable {
  path: string;
}

/** Writes a plugin into a folder of its own; `plugin.json` may be left out. */
export async function pluginFolder(source: Source): Promise<PluginFolder> {
  const path = await mkdtemp(join(tmpdir(), 'hoglet-plugin-'));
  const files = typeof source === 'string' ? { 'index.js': source } : source;
  for (const [file, content] of Object.entries({ 'plugin.json': '{"name":"Test plugin"}', ...files })) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Runs a plugin through a scenario in the test bench; the scenario lies in the plugin's folder. */
export async function bench(source: Source, scenario: object = {}): Promise<Report & { isGood: boolean }> {
  await using folder = await pluginFolder(source);
  const { report, isGood } = await runScenario({
    pluginFolder: folder.path,
    scenario: parseScenario(scenario),
    scenarioFolder: folder.path,
  });
  return { ...report, isGood };
}

/** What the plugin said, or what was said about it, in order. */
export function said({ logs }: Pick<Report, 'logs'>, source: Report['logs'][number]['source'] = 'CONSOLE'): string[] {
  return logs.filter((line) => line.source === source).map(({ message }) => message);
}

/** The start of every scenario that does not say otherwise. */
export const START = '2024-03-05T10:00:00.000Z';

/** A whole event, as an author would write it into a scenario. */
export const EVENT = {
  uuid: '01890000-0000-7000-8000-000000000001',
  distinct_id: 'user-1',
  team_id: 2,
  ip: '203.0.113.9',
  site_url: 'http://localhost:8000',
  now: START,
  timestamp: START,
  event: 'test event',
  properties: {},
};
