import { createLifecycleLog } from '../../shared/host/lifecycle-log.ts';
import { createServices } from '../../shared/host/services.ts';
import { bundledLibrariesFolder, bundleLibraries, librariesNamedIn } from '../../shared/libraries/bundle-libraries.ts';
import { type Bench, install, ownMember } from './bench.ts';
import { createBenchHost } from './bench-host.ts';
import { createClock } from './clock.ts';
import { findPath } from './find-path.ts';
import { openGeoip } from './geoip-file.ts';
import { createHttpStubs } from './http-stubs.ts';
import { createJobBoard } from './job-board.ts';
import { createJournal } from './journal.ts';
import { createMember } from './member.ts';
import { createMemoryServices, type MemoryServices } from './memory-services.ts';
import { type PreparedPlugin, preparePlugin } from './prepare-plugin.ts';
import { readAttachments } from './read-attachments.ts';
import { type Report, writeReport } from './report.ts';
import { runDueJobs } from './run-due-jobs.ts';
import { runStep } from './run-step.ts';
import type { Scenario, Step } from './scenario.ts';

export interface ScenarioRun {
  /** The plugin under test. */
  pluginFolder: string;
  scenario: Scenario;
  /** Where paths of the scenario begin. */
  scenarioFolder: string;
}

/**
 * Runs a scenario from its beginning to its end.
 *
 * @returns the report, and whether all went well: set up, no step failed, no hook threw in the course of events.
 * @throws UsageError when the scenario names what is not there.
 */
export async function runScenario(run: ScenarioRun): Promise<{ report: Report; isGood: boolean }> {
  const { scenario } = run;
  const clock = createClock(scenario.clock);
  const journal = createJournal();
  const stubs = createHttpStubs(scenario.fetch);
  const jobs = createJobBoard(clock);
  const plugins = await preparePlugins(run);
  const memory = fillMemory(createMemoryServices(clock.now), scenario);
  const { geoip: _, ...services } = memory;
  const geoip =
    scenario.geoip === undefined ? {} : { geoip: await openGeoip(findPath(scenario.geoip, 'geoip', folders(run))) };
  const host = createBenchHost({
    services: createServices({
      ...services,
      ...geoip,
      jobs: { enqueue: async (made) => jobs.add(made) },
      warn: (message) => journal.log({ source: 'SYSTEM', type: 'WARN', message }),
    }),
    stubs,
    journal,
    clock,
    librariesFolder: await librariesFor(plugins),
    timeoutSeconds: scenario.timeout_seconds,
    allowPrivateNetworks: scenario.allow_private_networks,
  });
  const members = plugins.map((plugin) => createMember(plugin, clock.now));
  const teams = new Set<unknown>([scenario.project.id, ...scenario.steps.flatMap(teamsOf)]);
  const lifecycle = createLifecycleLog({
    instanceId: 'test',
    now: clock.now,
    // What it says of errors is in the journal already.
    log: (line) => journal.hear(line.source === 'SYSTEM' ? [line] : []),
  });
  const bench: Bench = { host, clock, journal, lifecycle, jobs, members, teams, exportRetries: [] };

  for (const { name, warnings, problem } of plugins) {
    for (const message of warnings) journal.log({ source: 'SYSTEM', type: 'WARN', message: `${name}: ${message}` });
    if (problem !== null) journal.error({ hook: 'load', name: problem.name, message: problem.message });
  }
  try {
    await install(bench).catch((error: unknown) => {
      ownMember(bench).setup = { status: 'failed', error: journal.error(hostError('load', error)).message };
    });
    await runDueJobs(bench);
    const results = [];
    for (const [index, step] of scenario.steps.entries()) {
      const result = await runStep(bench, scenario.project.id, step, index === 0).catch((error: unknown) => {
        // The host could not go on with this step; the report says so and shows the rest.
        const { message } = journal.error(hostError('host', error));
        return { result: { output: null, error: message }, hasThrown: true };
      });
      results.push(result);
    }
    const steps = results.map(({ result }) => result);
    const report = writeReport(bench, memory, stubs.requests, steps);
    const isGood =
      report.setup.status === 'ok' &&
      results.every(({ result, hasThrown }) => !hasThrown && result.error === undefined);
    return { report, isGood };
  } finally {
    await host.stop();
  }
}

/** Bundles the libraries that the plugins import, those that were not yet; gives the folder. */
async function librariesFor(plugins: PreparedPlugin[]): Promise<string> {
  const folder = bundledLibrariesFolder();
  const names = plugins.flatMap(({ source }) => librariesNamedIn(source?.code ?? ''));
  await bundleLibraries(folder, [...new Set(names)]);
  return folder;
}

function hostError(hook: string, error: unknown): { hook: string; name: string; message: string } {
  const { name, message } = error as Error;
  return { hook, name, message };
}

function folders({ scenarioFolder, pluginFolder }: ScenarioRun): string[] {
  return [scenarioFolder, pluginFolder];
}

/** The chain: the plugins of the scenario, and then the one under test. */
async function preparePlugins(run: ScenarioRun): Promise<PreparedPlugin[]> {
  const { scenario, pluginFolder } = run;
  const { plugin_config_id: id, project, config } = scenario;
  const attachments = await readAttachments(scenario.attachments, folders(run));
  const before = scenario.plugins.map((plugin, index) => ({
    id: id + 1 + index,
    teamId: project.id,
    folder: findPath(plugin.path, `plugins[${index}].path`, folders(run)),
    config: plugin.config,
    attachments: {},
  }));
  const own = { id, teamId: project.id, folder: pluginFolder, config, attachments };
  return Promise.all([...before, own].map(preparePlugin));
}

/** Puts in what is there before. */
function fillMemory(
  memory: MemoryServices,
  { plugin_config_id: plugin, cache, storage, project }: Scenario,
): MemoryServices {
  for (const [key, value] of Object.entries(cache)) {
    if (Array.isArray(value)) memory.cache.putArray({ plugin, key }, value);
    else memory.cache.texts.set(`${plugin}:${key}`, JSON.stringify(value));
  }
  for (const [key, value] of Object.entries(storage))
    memory.storage.stored.set(`${plugin}:${key}`, JSON.stringify(value));
  const { host, api_token, personal_api_key } = project;
  Object.assign(memory.apiAccess, { host, projectApiKey: api_token, personalApiKey: personal_api_key });
  return memory;
}

function teamsOf(step: Step): unknown[] {
  const events = 'event' in step ? [step.event] : 'events' in step ? step.events : [];
  return events.map((event) => event['team_id']).filter((team) => team !== undefined);
}
