import { setTimeout as sleep } from 'node:timers/promises';
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SFNClient } from '@aws-sdk/client-sfn';
import { signalGroup } from '../../local/lambda/process-group.ts';
import { LOCAL_CONTEXT } from '../../local/local-settings.ts';
import { type LocalStack, startLocalStack } from '../../local/start-local-stack.ts';
import { readAssembly } from '../../local/template/read-assembly.ts';
import { createTestClock, type TestClock } from '../../local/time/test-clock.ts';
import { type AwsClients, createAwsClients } from '../../shared/aws/clients.ts';
import { createRegistryReader, type RegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistryWriter, type RegistryWriter } from '../../shared/registry/registry-writer.ts';
import { type HttpSink, startHttpSink } from '../support/http-sink.ts';
import { synthesiseOnce } from '../support/local-stack.ts';
import { type Conductor, createConductor } from './conductor.ts';
import { createFaultProxy } from './fault-proxy.ts';
import { functionNameOf, shortNamesOf } from './short-names.ts';
import { makeSinkStep } from './sink-step.ts';

/**
 * One strike and short hooks: function timeout = 4 × (1 + 1) + 10 = 18 s, visibility timeout = 6 × 18 = 108 s. Two environments of each
 * function, since AWS allows no fewer.
 */
const ROW = { windowSeconds: 0, maxConcurrency: 2, hookTimeoutSeconds: 4, strikes: 1, overheadSeconds: 10 };
const CONTEXT = Object.fromEntries([
  ['allowPrivateNetworks', true],
  ...['processEvents', 'deliverEvents', 'runTasks'].flatMap((name) =>
    Object.entries({ ...ROW, batchSize: 10 }).map(([key, value]) => [`${name}.${key}`, value] as const),
  ),
]) as Record<string, unknown>;

/** A stack whose functions can be hit by faults, and everything a scenario holds in its hands. */
export interface World extends AsyncDisposable {
  clock: TestClock;
  stack: LocalStack;
  aws: AwsClients;
  sfn: SFNClient;
  conductor: Conductor;
  registry: RegistryWriter & RegistryReader;
  /** Where plugins export to. */
  sink: HttpSink;
  /** Every line of the functions so far. */
  lines: string[];
  output(name: string): string;
  /** Switches the schedules on whose rules have one of the parts in their names, and all others off. */
  setRules(parts: readonly string[]): Promise<void>;
  /** Kills all processes of functions: their next invocations begin cold. */
  killFunctions(names: readonly string[]): Promise<void>;
}

/** Synthesises what worlds are made of, unless that was done since a source has changed. Gives its directory. */
export function prepareWorlds(): Promise<string> {
  return synthesiseOnce({ ...LOCAL_CONTEXT, ...CONTEXT });
}

export async function startWorld(): Promise<World> {
  const clock = createTestClock();
  const conductor = createConductor();
  const shortNames = new Map<string, string>();
  const lines: string[] = [];
  const assemblyDirectory = await prepareWorlds();
  const { stackName, template } = await readAssembly(assemblyDirectory);
  const rules = Object.entries(template.Resources)
    .filter(([, { Type, Properties }]) => Type === 'AWS::Events::Rule' && Properties?.['ScheduleExpression'])
    .map(([logicalId]) => `${stackName}-${logicalId}`);
  const stack = await startLocalStack({
    assemblyDirectory,
    clock,
    // What was killed is told there, too.
    onProblem: () => {},
    onLogLine: ({ line }) => void lines.push(line),
    standBetween: createFaultProxy({ conductor, functionNameOf, shortNames }),
  });
  for (const [name, short] of shortNamesOf(stack.outputs)) shortNames.set(name, short);

  const aws = createAwsClients(stack);
  const common = { region: stack.region, credentials: stack.credentials };
  const sfn = new SFNClient({ ...common, endpoint: stack.endpoints.sfn });
  const eventbridge = new EventBridgeClient({ ...common, endpoint: stack.endpoints.eventbridge });
  const output = (name: string): string => stack.outputs[name] as string;
  const place = { ...aws, table: output('RegistryTableName'), bucket: output('AssetsBucketName') };
  const sink = await startHttpSink();
  makeSinkStep(sink, stack.functions, conductor);

  return {
    clock,
    stack,
    aws,
    sfn,
    conductor,
    sink,
    lines,
    output,
    registry: { ...createRegistryWriter({ ...place, now: clock.now }), ...createRegistryReader(place) },

    async setRules(parts) {
      for (const Name of rules) {
        const isOn = parts.some((part) => Name.includes(part));
        await eventbridge.send(isOn ? new EnableRuleCommand({ Name }) : new DisableRuleCommand({ Name }));
      }
    },

    async killFunctions() {
      const processIds = () => stack.functions.flatMap((each) => each.environments().map(({ processId }) => processId));
      for (const id of processIds()) signalGroup(id, 'SIGKILL');
      while (processIds().length > 0) await sleep(5);
    },

    async [Symbol.asyncDispose]() {
      await stack.stop();
      await sink[Symbol.asyncDispose]();
      [sfn, eventbridge, aws].forEach((client) => client.destroy());
    },
  };
}
