import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { FlowPlugin } from '../../support/flow-project.ts';
import type { Run, Scenario } from '../scenario.ts';
import { send } from '../send.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Longer than a job can be anywhere. */
const LONG_AGO_MILLISECONDS = 50 * DAY;

/** Keeps two values, one after the other, that no item can hold. */
const keeping: FlowPlugin = {
  name: 'keeping',
  code: `exports.processEvent = async (event, { storage }) => {
    await storage.set('large', event.event + 'x'.repeat(500_000));
    return event;
  };`,
};

/** A large value that is replaced, objects that nobody needs, and a sweep on each of two days. */
export const sweeps: Scenario<{ strays: string[] }> = {
  name: 'sweeps',
  functions: ['sweep-state', 'process-events'],
  only: /^sweep-state | assets:values| state:storage/,
  projects: [[keeping]],
  begins: 'warm',
  async act({ world, projects: [project], id }: Run) {
    const { clock, aws, output } = world;
    const strays = [
      `values/p/${Buffer.from('storage#1#gone').toString('base64url')}/${id}`,
      `job-payloads/1/${Math.floor(clock.now() - LONG_AGO_MILLISECONDS)}/${id}`,
    ];
    for (const Key of strays)
      await aws.s3.send(new PutObjectCommand({ Bucket: output('AssetsBucketName'), Key, Body: 'stray' }));
    for (const event of ['first', 'second']) {
      await send(world, 'EventsQueueUrl', [JSON.stringify(project?.event({ event, uuid: randomUUID() }))]);
      await clock.advance(5 * MINUTE);
    }
    // Only what is a day old is looked at.
    await clock.advance(DAY);
    await world.setRules(['SweepState']);
    await clock.advance(2 * DAY);
    await world.setRules([]);
    return { strays };
  },
  judge({ strays }, outcome, { id }) {
    const pointedTo = outcome.state.flatMap(({ object }) => (typeof object === 'string' ? [object] : []));
    const left = strays.filter((key) => outcome.objects.has(key));
    const value = outcome.objects.get(pointedTo[0] ?? '') ?? '';
    return [
      ...(left.length === 0 ? [] : [`${left.length} objects of run ${id} that nobody needs are still there`]),
      ...(pointedTo.length === 1 && value.startsWith('"second') ? [] : ['the large value is not what was set last']),
      ...([...outcome.objects.keys()].every((key) => pointedTo.includes(key) || strays.includes(key))
        ? []
        : ['a value that was replaced is still there']),
    ];
  },
};
