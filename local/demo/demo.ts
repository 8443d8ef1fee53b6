import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAwsClients } from '../../shared/aws/clients.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import { LOCAL_CONTEXT } from '../local-settings.ts';
import { type LocalStack, startLocalStack } from '../start-local-stack.ts';
import { synthesise } from '../synthesise.ts';
import { createTestClock } from '../time/test-clock.ts';
import { createAdminCall } from './admin-client.ts';
import { type DemoMessageOptions, demoMessages } from './demo-messages.ts';
import { DEMO_PROJECT, installDemoProject } from './demo-project.ts';
import { demoJson, demoTable } from './demo-report.ts';
import { startDemoSink } from './demo-sink.ts';
import { firstToken } from './first-token.ts';
import { killOne } from './kill-one.ts';
import type { DemoFlags } from './read-demo-flags.ts';
import { type DemoResult, runDemo } from './run-demo.ts';
import { showProgress } from './show-progress.ts';
import { watchEffects } from './watch-effects.ts';

/** Any number does; the same one shows the same events every time. */
const SEED = 20_240_305;
const START_AT = Date.UTC(2026, 0, 15, 9);

/** By the demo's outside, before it takes any. */
const EXPORTS_TO_REFUSE = 3;

/**
 * Starts a stack of its own, sends the demo's events through it, prints what became of them, and takes everything away again.
 *
 * @returns whether every event is accounted for
 */
export async function demo({ events, json }: DemoFlags, signal: AbortSignal): Promise<boolean> {
  const say = (text: string) => (json ? undefined : console.log(text));
  const assemblyDirectory = await mkdtemp(join(tmpdir(), 'hoglet-demo-'));
  // What has to wait for minutes (a retry, a job, what a killed process leaves behind) does so on this clock, which leaps.
  const clock = createTestClock();
  let stack: LocalStack | undefined;
  await using sink = await startDemoSink(EXPORTS_TO_REFUSE);
  try {
    say('Synthesising the CDK app …');
    await synthesise({ outputDirectory: assemblyDirectory, context: LOCAL_CONTEXT });
    signal.throwIfAborted();
    say('Starting the stack it describes on this machine …');
    stack = await startLocalStack({ assemblyDirectory, clock });
    signal.throwIfAborted();
    say('Installing the example plugins by its admin API …');
    const token = (await firstToken(stack, join(assemblyDirectory, 'profiles.json'))) as string;
    const plugins = await installDemoProject(createAdminCall(outputOf(stack, 'AdminUrl'), token), sink.urls);
    signal.throwIfAborted();
    say(
      `Sending ${events.toLocaleString('en')} events through the queue \`events\`, and killing a process under way …\n`,
    );
    const options = { teamId: DEMO_PROJECT.id, events, seed: SEED, startAt: START_AT };
    const before = sampleOf(options);
    const leap = (milliseconds: number) => clock.advance(milliseconds);
    const result = await runOn(stack, { options, sampleUuid: before?.uuid ?? '', leap, signal });
    signal.throwIfAborted();
    const effects = await watchEffects({ sink, leap, signal }, result);
    signal.throwIfAborted();
    if (json) console.log(demoJson(result, effects, plugins));
    else {
      if (before !== undefined)
        say(`An event before:\n${pretty(before)}\n\nand after the plugins:\n${pretty(result.sample)}\n`);
      say(demoTable(result, effects, plugins));
    }
    return result.addsUp && effects.right;
  } finally {
    await stack?.stop();
    await rm(assemblyDirectory, { recursive: true, force: true });
  }
}

interface DemoRun {
  options: DemoMessageOptions;
  sampleUuid: string;
  leap: (milliseconds: number) => Promise<void>;
  signal: AbortSignal;
}

async function runOn(
  stack: LocalStack,
  { options, sampleUuid, leap, signal }: DemoRun,
): Promise<DemoResult & { killed: number }> {
  const { region, credentials, endpoints } = stack;
  const clients = createAwsClients({ region, credentials, endpoints });
  const output = (name: string) => outputOf(stack, name);
  const progress = showProgress(process.stderr, options.events);
  const ended = new AbortController();
  try {
    const { sqs } = clients;
    const queueUrls = {
      events: output('EventsQueueUrl'),
      ingestion: output('IngestionQueueUrl'),
      deadLetters: output('EventsDeadLetterQueueUrl'),
    };
    const onLogLine = stack.onLogLine.bind(stack);
    const deps = {
      sqs,
      queueUrls,
      onLogLine,
      clock: () => performance.now(),
      sleep: (ms: number) => sleep(ms),
      leap,
      signal,
    };
    const killing = killOne({
      victim: stack.functions.find(({ name }) => name.includes('ProcessEvents')) as LocalFunction,
      sleep: deps.sleep,
      signal: AbortSignal.any([signal, ended.signal]),
    });
    const result = await runDemo({ ...deps, onProgress: progress.update }, demoMessages(options), sampleUuid);
    ended.abort();
    return { ...result, killed: await killing };
  } finally {
    ended.abort();
    progress.end();
    clients.destroy();
  }
}

function outputOf({ outputs }: LocalStack, name: string): string {
  const value = outputs[name];
  if (value === undefined)
    throw new Error(`The stack has no output ${name}; it has ${Object.keys(outputs).join(', ')}`);
  return value;
}

/** The first page view that is sent by itself: easy to show. */
function sampleOf(options: DemoMessageOptions): { uuid: string } | undefined {
  for (const { body } of demoMessages(options)) {
    if (!body.startsWith('{"uuid":') || !body.includes('"event":"$pageview"')) continue;
    // One that is meant to arrive.
    if (body.endsWith('"title":"Shop"}}') && !body.includes('@example.com'))
      return JSON.parse(body) as { uuid: string };
  }
  return undefined;
}

function pretty(event: object | undefined): string {
  return event === undefined ? '(it has not arrived)' : JSON.stringify(event, null, 2);
}
