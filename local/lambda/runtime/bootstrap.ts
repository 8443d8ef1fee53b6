/*
 * What runs in a function's process: loads the handler and asks the Runtime API for one invocation after the other, as
 * Lambda's own runtime for Node.js 24 does. It is stripped of its types and started from a copy, so it imports nothing
 * but Node.js.
 */
import { existsSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

type Handler = (event: unknown, context: object) => unknown;

// Lambda's exit codes.
const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

const [host, port] = (process.env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let currentRequestId: string | undefined;

dieWithParent();
patchConsole();
process.on('uncaughtException', (error) => void fail(error, EXIT_UNCAUGHT_EXCEPTION));
process.on('unhandledRejection', (reason) => {
  const error = new Error(reason instanceof Error ? `${reason.name}: ${reason.message}` : format(reason));
  error.name = 'Runtime.UnhandledPromiseRejection';
  void fail(error, EXIT_UNHANDLED_REJECTION);
});
process.on('beforeExit', () => {
  // Nothing is left that could wake the handler up.
  const error = runtimeError('NodeJsExit', 'The handler returned a promise that can never settle');
  void fail(error, EXIT_UNHANDLED_REJECTION);
});

let handler: Handler;
try {
  handler = await loadHandler(process.env['_HANDLER'] ?? '');
} catch (error) {
  await post('init/error', describe(error));
  process.exit(1);
}
for (;;) await serveOne(handler);

async function serveOne(handle: Handler): Promise<void> {
  const { headers, body } = await call('GET', 'invocation/next');
  const requestId = String(headers['lambda-runtime-aws-request-id']);
  currentRequestId = requestId;
  process.env['_X_AMZN_TRACE_ID'] = String(headers['lambda-runtime-trace-id'] ?? '');
  let answer: string;
  try {
    const result = await handle(JSON.parse(body), contextOf(requestId, headers));
    answer = JSON.stringify(result === undefined ? null : result);
  } catch (error) {
    await post(`invocation/${requestId}/error`, describe(error));
    return;
  }
  // As on Lambda: one turn of the loop, then the answer. What the handler did not await stays behind, frozen.
  await new Promise(setImmediate);
  try {
    await call('POST', `invocation/${requestId}/response`, answer);
  } catch (error) {
    await post(`invocation/${requestId}/error`, describe(error));
  }
}

async function loadHandler(name: string): Promise<Handler> {
  const dot = name.lastIndexOf('.');
  const [file, property] = [name.slice(0, dot), name.slice(dot + 1)];
  const path = ['.js', '.mjs', '.cjs']
    .map((extension) => join(process.env['LAMBDA_TASK_ROOT'] ?? '', file + extension))
    .find((candidate) => existsSync(candidate));
  if (dot < 1 || path === undefined) throw runtimeError('ImportModuleError', `Cannot find module '${file}'`);

  const module = (path.endsWith('.cjs') ? createRequire(path)(path) : await import(pathToFileURL(path).href)) as Record<
    string,
    unknown
  >;
  const found = module[property] ?? (module['default'] as Record<string, unknown> | undefined)?.[property];
  if (typeof found !== 'function') throw runtimeError('HandlerNotFound', `${name} is undefined or not exported`);
  if (found.length >= 3) {
    throw runtimeError(
      'CallbackHandlerDeprecated',
      `${name} takes ${found.length} parameters: Node.js 24 has no handlers with a callback, return a promise instead`,
    );
  }
  return found as Handler;
}

function contextOf(requestId: string, headers: IncomingHttpHeaders): object {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: requestId,
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** An error nobody caught: the invocation under way gets it, and the process ends. */
async function fail(error: Error, exitCode: number): Promise<void> {
  console.error(error);
  const route = currentRequestId === undefined ? 'init/error' : `invocation/${currentRequestId}/error`;
  try {
    await post(route, describe(error));
  } finally {
    process.exit(exitCode);
  }
}

function runtimeError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = `Runtime.${name}`;
  return error;
}

function describe(thrown: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  // By shape, not by class: the error may come from another realm.
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Partial<Error>;
  if (typeof error.message !== 'string') {
    return { errorType: typeof thrown, errorMessage: format(thrown), trace: [] };
  }
  return {
    errorType: error.name ?? 'Error',
    errorMessage: error.message,
    trace: String(error.stack ?? '').split('\n'),
  };
}

function post(route: string, body: { errorType: string }): Promise<unknown> {
  return call('POST', route, JSON.stringify(body), { 'Lambda-Runtime-Function-Error-Type': body.errorType });
}

interface Answer {
  headers: IncomingHttpHeaders;
  body: string;
}

function call(method: string, route: string, body = '', headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const path = `/2018-06-01/runtime/${route}`;
    const req = request({ host, port, method, path, agent, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if ((res.statusCode ?? 500) >= 400) reject(runtimeError('RuntimeApiError', `${method} ${route}: ${text}`));
        else resolve({ headers: res.headers, body: text });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** Lambda's console: time, request id and level before each line. What is written to stdout itself stays as it is. */
function patchConsole(): void {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' } as const;
  for (const [method, level] of Object.entries(levels)) {
    console[method as keyof typeof levels] = (...values: unknown[]) => {
      const line = format(...values).replaceAll('\n', '\r');
      process.stdout.write(`${new Date().toISOString()}\t${currentRequestId ?? 'undefined'}\t${level}\t${line}\n`);
    };
  }
}

/** File descriptor 3 is a pipe from the local stack: when it closes, the whole process group goes. */
function dieWithParent(): void {
  const lifeline = new Socket({ fd: 3 });
  lifeline.on('close', () => process.kill(0, 'SIGKILL'));
  lifeline.on('error', () => process.kill(0, 'SIGKILL'));
  lifeline.resume();
  lifeline.unref();
}
