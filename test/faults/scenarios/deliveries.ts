import { randomUUID } from 'node:crypto';
import type { PluginEvent } from '../../../shared/event/plugin-event.ts';
import { type FlowPlugin, packed } from '../../support/flow-project.ts';
import { eventsIn } from '../../support/flow-stack.ts';
import type { Outcome } from '../outcome.ts';
import { judgeCount, stateValue } from '../promises.ts';
import type { Scenario } from '../scenario.ts';
import { send } from '../send.ts';

const MINUTE = 60_000;

const post = `const post = (path, config, body) => fetch(config.url + path, { method: 'POST', body: JSON.stringify(body) });`;

/** The sink is away when it is asked for the first time. */
const late: FlowPlugin = {
  name: 'late',
  code: `${post} exports.exportEvents = async (events, { config }) => {
    if ((await post('/late', config, events)).status === 503) throw new RetryError('away');
  };`,
};

const plugins: FlowPlugin[] = [
  {
    name: 'listening',
    code: `${post}
      exports.onEvent = async (event, { cache, config }) => {
        await cache.incr('heard');
        await post('/heard', config, [event]);
      };`,
  },
  {
    name: 'exporting',
    code: `${post} exports.exportEvents = (events, { config }) => post('/exported', config, events);`,
  },
  late,
  { name: 'hopeless', code: `exports.exportEvents = () => { throw new Error('never'); };` },
];

/** Three events for a plugin that listens, one that exports, one that has to try again, and one whose export fails for good. */
export const deliveries: Scenario<{ uuid: string }[]> = {
  name: 'deliveries',
  functions: ['deliver-events', 'export-retry'],
  projects: [plugins],
  begins: 'warm',
  async act({ world, projects: [project] }) {
    const sent = Array.from({ length: 3 }, () => ({ uuid: randomUUID() }));
    let asked = 0;
    world.sink.answers.set('/late', () => (asked++ === 0 ? 503 : 200));
    await send(world, 'EventsQueueUrl', [packed(sent.map(({ uuid }) => project?.event({ uuid })))]);
    await world.clock.advance(15 * MINUTE);
    return sent;
  },
  judge(sent, outcome, { projects: [project] }) {
    const [listener = 0] = project?.pluginConfigs ?? [];
    const repeats = outcome.repeats('deliver-events');
    return [
      ...['/heard', '/exported', '/late'].flatMap((path) => judgeArrival(sent, receivedAt(outcome, path), path)),
      ...judgeArrival(sent, eventsIn(outcome.deadLetters.deliveries), 'the dead letters'),
      ...judgeCount('incr', Number(stateValue(outcome, 'cache', listener, 'heard')), sent.length, repeats),
      ...['/heard', '/exported'].flatMap((path) =>
        judgeCount(path, receivedAt(outcome, path).length, sent.length, repeats),
      ),
    ];
  },
};

/** Each event is there, with the uuid that it was sent with. */
function judgeArrival(sent: readonly { uuid: string }[], arrived: PluginEvent[], where: string): string[] {
  const uuids = new Set(arrived.map(({ uuid }) => uuid));
  const missing = sent.filter(({ uuid }) => !uuids.has(uuid)).length;
  const unknown = uuids.size - (sent.length - missing);
  return [
    ...(missing === 0 ? [] : [`${missing} events are lost on their way to ${where}`]),
    ...(unknown === 0 ? [] : [`${unknown} events came to ${where} with other uuids`]),
  ];
}

function receivedAt({ received }: Outcome, path: string): PluginEvent[] {
  return (received.get(path) ?? []).flat() as PluginEvent[];
}

/** The same for one plugin, by functions that have to load it first. */
export const coldDeliveries: Scenario<{ uuid: string }[]> = {
  ...deliveries,
  name: 'cold deliveries',
  projects: [[late]],
  begins: 'cold',
  only: / registry:| assets:code| lambda\./,
  judge: (sent, outcome) => judgeArrival(sent, receivedAt(outcome, '/late'), '/late'),
};
