import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/local-stack.ts';
import { functionResource, queueAndFunction, writeAssembly } from './fixture-assembly.ts';
import { livingInGroup, stateOf, until } from './processes.ts';

interface Where {
  region: string;
  endpoints: { sqs: string; s3: string; dynamodb: string; eventbridge: string };
  credentials: { accessKeyId: string; secretAccessKey: string };
  outputs: Record<string, string>;
}

/** The handler leaves the ids of itself and of a child of its own in the log. */
const HANDLER = `
  import { spawn } from 'node:child_process';
  export const handler = async ({ Records }) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 5)']);
    process.stdout.write('processes ' + process.pid + ' ' + child.pid + '\\n');
    if (Records[0].body === 'busy') await new Promise((resolve) => setTimeout(resolve, 60_000));
  };`;

/** A directory with a cloud assembly: the queue `queue` before the handler, the queue `kept` before none, a table and a bucket. */
async function project() {
  const directory = await temporaryDirectory();
  const { resources, handlers, outputs } = queueAndFunction({
    handler: HANDLER,
    queueProperties: { VisibilityTimeout: 100 },
    functionProperties: { Timeout: 50 },
  });
  const assembly = await writeAssembly(join(directory.path, 'assembly'), {
    ...(handlers === undefined ? {} : { handlers }),
    resources: {
      ...resources,
      Kept: { Type: 'AWS::SQS::Queue', Properties: {} },
      Idle: functionResource(),
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
        },
      },
      Bucket: { Type: 'AWS::S3::Bucket' },
    },
    outputs: {
      ...outputs,
      KeptUrl: { Value: { Ref: 'Kept' } },
      EventsQueueUrl: { Value: { Ref: 'Kept' } },
      Table: { Value: { Ref: 'Table' } },
      Bucket: { Value: { Ref: 'Bucket' } },
    },
  });
  const state = join(directory.path, '.hoglet');
  const running: ChildProcess[] = [];

  function run(...args: string[]): ChildProcess {
    const script = join(import.meta.dirname, 'run-stack.ts');
    const child = spawn(process.execPath, [script, assembly, state, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    return child;
  }

  return {
    state,
    run,
    /** Starts a stack and waits until it says where it is. */
    async start(...args: string[]): Promise<{ stack: ChildProcess; where: Where }> {
      const stack = run(...args);
      let output = '';
      stack.stdout?.on('data', (chunk: Buffer) => void (output += chunk.toString()));
      await until('the stack is up', () => output.includes('\n'));
      return { stack, where: JSON.parse(output) as Where };
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL');
      await directory[Symbol.asyncDispose]();
    },
  };
}

function clients({ region, endpoints, credentials }: Where) {
  const common = { region, credentials };
  return {
    sqs: new SQSClient({ ...common, endpoint: endpoints.sqs }),
    s3: new S3Client({ ...common, endpoint: endpoints.s3 }),
    dynamodb: new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb }),
  };
}

/** Sends a message to the handler, and gives the id of its process group once the log names it. */
async function invoke(state: string, where: Where, body: string): Promise<number> {
  await clients(where).sqs.send(new SendMessageCommand({ QueueUrl: where.outputs['QueueUrl'], MessageBody: body }));
  const log = () => readFile(join(state, 'logs/consumer.log'), 'utf8').catch(() => '');
  await until('the handler has written its process id', async () => (await log()).includes('processes'));
  return Number((await log()).split(' ')[1]);
}

async function interrupt(stack: ChildProcess): Promise<unknown> {
  const exited = once(stack, 'exit');
  stack.kill('SIGINT');
  return (await exited)[0];
}

test.each(['idle', 'busy'])('Ctrl-C ends the stack and a function that is %s, with its children', async (body) => {
  await using own = await project();
  const { stack, where } = await own.start();
  const group = await invoke(own.state, where, body);
  const before = livingInGroup(group).length;

  const code = await interrupt(stack);

  expect({ before, code }).toEqual({ before: 2, code: 0 });
  await until('no process is left', () => livingInGroup(group).length === 0);
  expect(await readdir(own.state)).not.toContain('lock');
});

test.each(['idle', 'busy'])(
  'a stack that is killed takes a function that is %s with it, and its children',
  async (body) => {
    await using own = await project();
    const { stack, where } = await own.start();
    const group = await invoke(own.state, where, body);
    if (body === 'idle') await until('the function is frozen', () => stateOf(group) === 'T');

    stack.kill('SIGKILL');

    await until('no process is left', () => livingInGroup(group).length === 0);
    // Its lock is that of a dead process.
    const next = await own.start();
    expect(await interrupt(next.stack)).toBe(0);
  },
);

test('messages, items and objects survive a restart, under addresses that work; --fresh empties them', async () => {
  await using own = await project();
  const first = await own.start();
  const one = clients(first.where);
  const { KeptUrl, Table, Bucket } = first.where.outputs;
  await one.sqs.send(new SendMessageCommand({ QueueUrl: KeptUrl, MessageBody: 'message' }));
  await one.s3.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'object' }));
  await one.dynamodb.send(new PutItemCommand({ TableName: Table, Item: { pk: { S: 'item' } } }));

  /** What a stack holds. Addresses are those that it gives itself. */
  async function content(where: Where) {
    const { sqs, s3, dynamodb } = clients(where);
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: where.outputs['KeptUrl'], VisibilityTimeout: 0 }),
    );
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: Table, Key: { pk: { S: 'item' } } }));
    const object = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/b' })).catch(() => undefined);
    return [Messages?.[0]?.Body, Item?.['pk']?.S, await object?.Body?.transformToString()];
  }

  first.stack.kill('SIGKILL');
  await once(first.stack, 'exit');
  const second = await own.start();
  expect(await content(second.where)).toEqual(['message', 'item', 'object']);
  expect(second.where.outputs).toMatchObject({ Table, Bucket });

  await interrupt(second.stack);
  const third = await own.start();
  expect(await content(third.where)).toEqual(['message', 'item', 'object']);

  await interrupt(third.stack);
  const fourth = await own.start('--fresh');
  expect(await content(fourth.where)).toEqual([undefined, undefined, undefined]);
});

test('send-event.js sends to the stack that is up, and says so when there is none', async () => {
  await using own = await project();
  // It looks for the state directory beside its own.
  const script = join(own.state, '../local/send-event.js');
  for (const file of ['send-event.js', 'receive-events.js', 'local-queue.js']) {
    await cp(join(import.meta.dirname, '../../local', file), join(own.state, '../local', file));
  }
  const send = (body: string) => promisify(execFile)(process.execPath, [script, body]);

  await expect(send('{}')).rejects.toThrow('No local stack is up: run `npm start` first');

  const { where } = await own.start();
  const { stdout } = await send('{"event":"hello"}');
  const receive = new ReceiveMessageCommand({ QueueUrl: where.outputs['EventsQueueUrl'] });
  const { Messages = [] } = await clients(where).sqs.send(receive);

  expect(Messages.map(({ Body }) => Body)).toEqual(['{"event":"hello"}']);
  expect(stdout).toBe(`Sent as message ${Messages[0]?.MessageId}\n`);
});

test('a second stack with the same state says that one is running, and as which process', async () => {
  await using own = await project();
  const { stack } = await own.start();

  const second = own.run();
  const [message, [code]] = await Promise.all([text(second.stderr as never), once(second, 'exit')]);

  expect(message).toContain(`running already, as process ${stack.pid}`);
  expect(code).toBe(1);
});

test('a stack that cannot start leaves no lock behind', async () => {
  await using own = await project();
  await writeFile(
    join(own.state, '../assembly/Test.template.json'),
    '{"Resources":{"Odd":{"Type":"AWS::Odd::Thing"}}}',
  );

  const stack = own.run();
  const [message, [code]] = await Promise.all([text(stack.stderr as never), once(stack, 'exit')]);

  expect(message).toContain('Odd: resource type AWS::Odd::Thing is not honoured');
  expect(code).toBe(1);
  expect(await readdir(own.state)).not.toContain('lock');
});
