import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';
import { watchFolders } from '../watch-folders.ts';
import { formatReport } from './format-report.ts';
import { parseScenario, readScenario } from './read-scenario.ts';
import { runScenario } from './run-scenario.ts';

const HELP = `Usage: hoglet test <plugin-dir> [scenario.json] [--json] [--watch]

Runs a plugin offline: no stack, no network, a clock of its own. docs/test-bench.md explains scenarios.

  --json    prints the report as one JSON object, and nothing else
  --watch   runs again whenever the plugin or the scenario changes, until Ctrl-C
  --help    prints this

Exit code: 0; 1 when setupPlugin, a step or a hook failed; 2 for wrong usage.`;

interface TestOptions {
  pluginFolder: string;
  scenarioFile: string | null;
  json: boolean;
}

/** `hoglet test`. Gives the exit code; with \`--watch\` it never comes to an end by itself. @throws UsageError */
export async function testCommand(parameters: string[]): Promise<number> {
  const { values, positionals } = parse(parameters);
  if (values.help === true) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const [folder, scenario] = positionals;
  if (folder === undefined) throw new UsageError(`The plugin's folder is missing.\n\n${HELP}`);
  if (positionals.length > 2) throw new UsageError(`Unexpected: ${positionals.slice(2).join(' ')}\n\n${HELP}`);
  const options: TestOptions = {
    pluginFolder: resolve(folder),
    scenarioFile: scenario === undefined ? null : resolve(scenario),
    json: values.json === true,
  };
  return values.watch === true ? watch(options) : runOnce(options);
}

function parse(parameters: string[]) {
  try {
    return parseArgs({
      args: parameters,
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        watch: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${HELP}`);
  }
}

async function runOnce({ pluginFolder, scenarioFile, json }: TestOptions): Promise<number> {
  const scenario = scenarioFile === null ? parseScenario({}) : await readScenario(scenarioFile);
  const scenarioFolder = scenarioFile === null ? pluginFolder : dirname(scenarioFile);
  const { report, isGood } = await runScenario({ pluginFolder, scenario, scenarioFolder });
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, scenario, isGood));
  return isGood ? 0 : 1;
}

async function watch(options: TestOptions): Promise<never> {
  const { pluginFolder, scenarioFile } = options;
  const changes = watchFolders([pluginFolder, ...(scenarioFile === null ? [] : [dirname(scenarioFile)])]);
  for (;;) {
    await runOnce(options).catch((error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`${error.message}\n`);
    });
    process.stderr.write('Waiting for changes; Ctrl-C ends.\n');
    await changes.next();
  }
}
