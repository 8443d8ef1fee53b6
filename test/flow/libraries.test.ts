import { expect, it } from 'vitest';
import { installProject } from '../support/flow-project.ts';
import { startFlowStack } from '../support/flow-stack.ts';

it('plugins import libraries in the bundle that is deployed, and their buffers are flushed before a batch is acknowledged', async () => {
  await using flow = await startFlowStack();
  const project = await installProject(flow, [
    {
      name: 'importing',
      code: `import AWS from 'aws-sdk'; import { verify, sign } from 'jsonwebtoken'; import { Pool } from 'pg'; import { createBuffer } from '@posthog/plugin-contrib';
        let flushed = 0;
        const buffer = createBuffer({ limit: 1000, onFlush: (objects) => { flushed += objects.length; } });
        export async function processEvent(event) {
          event.properties.found = [typeof AWS.S3, verify(sign({ sub: 's' }, 'k'), 'k').sub, typeof Pool, typeof google.cloud.pubsub.PubSub, flushed];
          buffer.add(event);
          return event;
        }`,
    },
  ]);

  const run = async () => (await flow.run([JSON.stringify(project.event())])).events[0]?.properties?.['found'];

  expect(await run()).toEqual(['function', 's', 'function', 'function', 0]);
  expect(await run()).toEqual(['function', 's', 'function', 'function', 1]);
});
