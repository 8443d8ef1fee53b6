import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlowProject, installProject } from '../support/flow-project.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';

/*
 * Code that has left its realm in the bundle that is deployed, beside a function that has what it has on Lambda: credentials in its
 * environment, and its Runtime API. What such code can do to a host run from source, test/shared/host/escape.test.ts shows at length.
 */
let flow: FlowStack;
let project: FlowProject;
/** The function's process. */
let parent: { processId: number; variables: Record<string, string>; runtimeApi: { host: string; port: number } };

beforeAll(async () => {
  flow = await startFlowStack({ allowPrivateNetworks: false });
  project = await installProject(flow, [
    {
      name: 'escaping',
      code: `exports.processEvent = async (event) => {
        const outer = Buffer.constructor('return globalThis')();
        const load = (name) => outer.process.getBuiltinModule(name);
        try {
          const run = outer.Function('process', 'load', 'return (async () => {' + event.properties.code + '})()');
          event.properties.found = await run(outer.process, load);
        } catch (error) {
          event.properties.refused = [error.code || (error.cause && error.cause.code) || error.name, error.message].join(': ');
        }
        return event;
      };`,
    },
  ]);
  await flow.run([JSON.stringify(project.event({ properties: { code: '' } }))]);
  const [environment] = flow.processEvents.environments();
  const processId = environment?.processId as number;
  const variables = Object.fromEntries(
    readFileSync(`/proc/${processId}/environ`, 'utf8')
      .split('\0')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const [host = '', port] = (variables['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':');
  parent = { processId, variables, runtimeApi: { host, port: Number(port) } };
});
afterAll(() => flow[Symbol.asyncDispose]());

/** Runs code outside of its realm, in the plugin host, and gives what it found, or the error it met. */
async function escaped(code: string): Promise<unknown> {
  const { events } = await flow.run([JSON.stringify(project.event({ properties: { code } }))]);
  const { found, refused } = events[0]?.properties ?? {};
  return refused ?? found;
}

const connectTo = ({ host, port }: { host: string; port: number }) =>
  `return await new Promise((resolve, reject) => {
    const socket = load('net').connect({ host: '${host}', port: ${port} }, () => { socket.destroy(); resolve('connected'); });
    socket.on('error', reject);
  });`;

describe('this test would notice', () => {
  it('the function has credentials and a Runtime API that answers, and is the parent of where the plugins run', async () => {
    expect(parent.variables).toMatchObject({
      AWS_SECRET_ACCESS_KEY: expect.stringMatching(/./),
      AWS_SESSION_TOKEN: expect.stringMatching(/./),
    });
    expect(await escaped('return process.ppid')).toBe(parent.processId);
    const reached = await new Promise((resolve, reject) => {
      const socket = connect(parent.runtimeApi, () => resolve(socket.destroy()));
      socket.on('error', reject);
    });
    expect(reached).toBeDefined();
  });
});

describe('code that has escaped its realm in the deployed bundle', () => {
  it('finds no variable at all, of AWS or of ours', async () => {
    expect(await escaped('return Object.keys(process.env)')).toEqual([]);
  });

  it.each([
    ['the parent’s environment', () => `/proc/${parent.processId}/environ`],
    ['its own environment', () => '/proc/self/environ'],
    ['its parent’s memory', () => `/proc/${parent.processId}/mem`],
    ['a file outside of the bundle', () => '/etc/hostname'],
  ])('cannot read %s', async (_, path) => {
    expect(await escaped(`return load('fs').readFileSync('${path()}', 'utf8')`)).toMatch(/^ERR_ACCESS_DENIED/);
  });

  it('cannot start a process', async () => {
    expect(await escaped(`return load('child_process').spawnSync('/bin/true').status`)).toMatch(/^ERR_ACCESS_DENIED/);
  });

  it('cannot connect to the Runtime API of its parent', async () => {
    expect(await escaped(connectTo(parent.runtimeApi))).toMatch(/^EACCES/);
    expect(
      await escaped(`return (await fetch('http://${parent.runtimeApi.host}:${parent.runtimeApi.port}/')).status`),
    ).toMatch(/^EACCES/);
  });

  it('cannot connect to the servers that hold queues and tables', async () => {
    for (const name of ['SQS', 'DYNAMODB', 'S3']) {
      const { hostname: host, port } = new URL(parent.variables[`AWS_ENDPOINT_URL_${name}`] as string);
      expect(await escaped(connectTo({ host, port: Number(port) }))).toMatch(/^EACCES/);
    }
  });

  it('cannot connect to instance metadata', async () => {
    expect(await escaped(connectTo({ host: '169.254.169.254', port: 80 }))).toMatch(/^EACCES/);
  });
});
