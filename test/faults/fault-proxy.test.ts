import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfiguration } from '../../shared/aws/clients.ts';
import { createConductor } from './conductor.ts';
import type { FaultKind } from './fault-kinds.ts';
import { createFaultProxy } from './fault-proxy.ts';

let server: Server;
let requests: number;
/** What stands for the function's process. */
let child: ChildProcess;
beforeEach(async () => {
  requests = 0;
  server = createServer((request, response) => {
    requests++;
    request.resume().on('end', () => response.end('{"TableNames":["t"]}'));
  });
  server.listen(0, '127.0.0.1');
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  await Promise.all([once(server, 'listening'), once(child, 'spawn')]);
});
afterEach(() => {
  child.kill('SIGKILL');
  server.closeAllConnections();
  server.close();
});

/** Makes a call with a fault at it: its end, the requests that arrived, and whether the process is alive. */
async function callWith(kind: FaultKind) {
  const conductor = createConductor();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const between = await createFaultProxy({ conductor, functionNameOf: () => 'f', shortNames: new Map() })({
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1',
    AWS_ENDPOINT_URL_DYNAMODB: url,
  });
  between.onStart(child.pid as number);
  const dynamodb = new DynamoDBClient({
    ...clientConfiguration('dynamodb', {
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    }),
    endpoint: between.variables['AWS_ENDPOINT_URL_DYNAMODB'] as string,
  });
  conductor.begin({ step: 'f dynamodb.ListTables #1', kind });
  const exited = kind.startsWith('killed') ? once(child, 'exit') : Promise.resolve();
  const call = dynamodb.send(new ListTablesCommand({})).then(
    () => 'done',
    (error: Error) => error.name,
  );
  await exited;
  // Who is dead hears nothing.
  const end = kind.startsWith('killed') ? 'none' : await call;
  const arrived = requests;
  between.onEnd();
  await call;
  dynamodb.destroy();
  return [end, arrived, child.signalCode];
}

describe('a call at which there is a fault', () => {
  it.each<[FaultKind, unknown[]]>([
    ['killed before', ['none', 0, 'SIGKILL']],
    ['killed after', ['none', 1, 'SIGKILL']],
    ['fails', ['InternalServerError', 0, null]],
    ['is refused', ['ValidationException', 0, null]],
    ['is throttled', ['done', 1, null]],
    ['times out', ['done', 1, null]],
    ['loses its answer', ['done', 2, null]],
  ])('%s', async (kind, expected) => {
    expect(await callWith(kind)).toEqual(expected);
  });
});
