import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalStack, startLocalStack } from '../../../local/start-local-stack.ts';
import type { TemplateResource } from '../../../local/template/template.ts';
import { temporaryDirectory } from '../../support/local-stack.ts';
import { functionResource, writeAssembly } from '../fixture-assembly.ts';

/** Gives the event back, or what the event asks for: the JSON of `answer`, an error, a long time, a long text. */
const HANDLER = `
  export const handler = async (event) => {
    const { answer, fail, ms, length } = event.queryStringParameters ?? {};
    if (ms) await new Promise((resolve) => setTimeout(resolve, Number(ms)));
    if (fail) throw new Error('secret of the function');
    if (length) return 'x'.repeat(Number(length));
    return answer === undefined ? { ...event, pid: process.pid } : JSON.parse(answer);
  };`;

const permission = (properties: Record<string, unknown>): TemplateResource => ({
  Type: 'AWS::Lambda::Permission',
  Properties: { FunctionName: { 'Fn::GetAtt': ['Function', 'Arn'] }, Principal: '*', ...properties },
});
const PERMISSIONS = {
  MayCall: permission({ Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' }),
  MayInvoke: permission({ Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true }),
};

async function assembly(directory: string, permissions: Record<string, TemplateResource> = PERMISSIONS) {
  return writeAssembly(directory, {
    handlers: { handler: HANDLER },
    resources: {
      Function: functionResource({ FunctionName: 'served', Timeout: 2 }),
      Url: {
        Type: 'AWS::Lambda::Url',
        Properties: { AuthType: 'NONE', TargetFunctionArn: { 'Fn::GetAtt': ['Function', 'Arn'] } },
      },
      ...permissions,
    },
    outputs: { Url: { Value: { 'Fn::GetAtt': ['Url', 'FunctionUrl'] } } },
  });
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let stack: LocalStack;
let url: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  stack = await startLocalStack({ assemblyDirectory: await assembly(join(directory.path, 'out')) });
  url = stack.outputs['Url'] as string;
});
afterAll(async () => {
  await stack.stop();
  await directory[Symbol.asyncDispose]();
});

const answering = (answer: unknown) => fetch(`${url}?answer=${encodeURIComponent(JSON.stringify(answer))}`);

describe('a request to a function URL', () => {
  test('becomes an event in payload format 2.0, with cookies apart and headers joined in lower case', async () => {
    const before = Date.now();
    const sent = request(`${url}a%20b/c?x=1&x=2&y=%20z`, { method: 'POST' });
    sent.setHeader('X-Many', ['one', 'two']);
    sent.setHeader('Cookie', 'a=1; b=2');
    sent.setHeader('X-Forwarded-For', '10.0.0.1');
    sent.setHeader('User-Agent', 'test');
    sent.setHeader('Content-Type', 'application/json; charset=utf-8');
    sent.end('{"é":1}');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];

    const event = JSON.parse(await text(response)) as Record<string, unknown>;

    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/a%20b/c',
      rawQueryString: 'x=1&x=2&y=%20z',
      queryStringParameters: { x: '1,2', y: ' z' },
      cookies: ['a=1', 'b=2'],
      headers: { 'x-many': 'one,two', 'user-agent': 'test', 'x-forwarded-for': '127.0.0.1' },
      body: '{"é":1}',
      isBase64Encoded: false,
      requestContext: {
        http: { method: 'POST', path: '/a%20b/c', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/) as string,
        requestId: response.headers['x-amzn-requestid'],
      },
    });
    expect(event['headers']).not.toHaveProperty('cookie');
    expect((event['requestContext'] as { timeEpoch: number }).timeEpoch).toBeGreaterThanOrEqual(before);
  });

  test.each<[string, Record<string, string>, Buffer, boolean]>([
    ['JSON', { 'content-type': 'application/json' }, Buffer.from('{}'), false],
    ['problem+json', { 'content-type': 'application/problem+json' }, Buffer.from('{}'), false],
    ['text', { 'content-type': 'text/plain' }, Buffer.from('é'), false],
    ['text that is no UTF-8', { 'content-type': 'text/plain' }, Buffer.from([0xff, 0]), true],
    ['compressed JSON', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, Buffer.from('{}'), true],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, Buffer.from('a=1'), true],
    ['a zip archive', { 'content-type': 'application/zip' }, Buffer.from([0x50, 0x4b, 0xff]), true],
  ])('with %s as its body carries it as text or as base64, byte for byte', async (_title, headers, body, isBase64) => {
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });

    const event = (await response.json()) as { body: string; isBase64Encoded: boolean };

    expect(event.isBase64Encoded).toBe(isBase64);
    expect(Buffer.from(event.body, isBase64 ? 'base64' : 'utf8')).toEqual(body);
  });

  test('above 6 MB is a 413, and no function runs', async () => {
    const before = stack.functions[0]?.environments();

    const response = await fetch(url, { method: 'POST', body: new Uint8Array(4_800_000) });

    expect(response.status).toBe(413);
    expect(await response.text()).toContain('6291556 bytes');
    expect(stack.functions[0]?.environments()).toEqual(before);
  });
});

describe('the answer of a function behind a URL', () => {
  test('is what it says: status, headers, cookies and a body in base64', async () => {
    const response = await answering({
      statusCode: 418,
      headers: { 'Content-Type': 'image/png', 'X-Number': 1, 'Content-Length': '999' },
      cookies: ['a=1; Secure', 'b=2'],
      body: Buffer.from([1, 0xff]).toString('base64'),
      isBase64Encoded: true,
    });

    expect(response.status).toBe(418);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('x-number')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2']);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 0xff]);
  });

  test.each<[string, unknown, string]>([
    ['an object', { message: 'hello' }, '{"message":"hello"}'],
    ['a text', 'hello', '"hello"'],
    ['a list', [1], '[1]'],
    ['null', null, 'null'],
  ])('that is %s without a status is the JSON body of a 200', async (_title, answer, body) => {
    const response = await answering(answer);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(body);
  });

  test('has no body with 204', async () => {
    const response = await answering({ statusCode: 204 });

    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  test.each([
    ['fails', '?fail=1'],
    ['takes longer than its timeout', '?ms=5000'],
    ['answers with more than 6 MB', '?length=6300000'],
    ['gives no status that there is', '?answer={"statusCode":"ok"}'],
    ['gives a body that is no text', '?answer={"statusCode":200,"body":{}}'],
    ['gives a header that cannot be sent', `?answer={"statusCode":200,"headers":{"x":"${encodeURIComponent('\\n')}"}}`],
  ])('that %s is a 502, which says nothing of the reason', async (_title, query) => {
    const response = await fetch(`${url}${query}`);

    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error']);
  });
});

test('requests together run in environments of their own, ten at the most; the others wait in line', async () => {
  const answers = await Promise.all(
    Array.from({ length: 14 }, async () => (await fetch(`${url}?ms=400`)).json() as Promise<{ pid: number }>),
  );

  const processes = new Set(answers.map(({ pid }) => pid));
  expect(processes.size).toBeGreaterThan(5);
  expect(processes.size).toBeLessThanOrEqual(10);
});

test.each(Object.keys(PERMISSIONS))('without the permission %s the URL is forbidden, as on AWS', async (missing) => {
  await using other = await temporaryDirectory();
  const permissions = Object.fromEntries(Object.entries(PERMISSIONS).filter(([name]) => name !== missing));
  const closed = await startLocalStack({ assemblyDirectory: await assembly(`${other.path}/out`, permissions) });

  const response = await fetch(closed.outputs['Url'] as string);

  await closed.stop();
  expect([response.status, await response.text()]).toEqual([403, '{"Message":"Forbidden"}']);
});

test('the URL is the same on the next start, and another with a word of it when its port is taken', async () => {
  await using other = await temporaryDirectory();
  const stateDirectory = join(other.path, 'state');
  const problems: string[] = [];
  const assemblyDirectory = await assembly(join(other.path, 'out'));
  const start = async () => {
    const started = await startLocalStack({
      assemblyDirectory,
      stateDirectory,
      onProblem: (problem) => void problems.push(problem),
    });
    await started.stop();
    return started.outputs['Url'];
  };

  const first = await start();
  const second = await start();
  const stranger = createServer().listen(Number(new URL(first as string).port), '127.0.0.1');
  await once(stranger, 'listening');
  const third = await start();
  stranger.close();

  expect(second).toBe(first);
  expect(problems).toEqual([expect.stringContaining('is taken by another program')]);
  expect(third).not.toBe(first);
  const kept = JSON.parse(await readFile(join(stateDirectory, 'ports.json'), 'utf8')) as { Url: number };
  expect(third).toBe(`http://127.0.0.1:${kept.Url}/`);
  expect((stranger.address() as AddressInfo | null)?.port).toBeUndefined();
});
