import { type IncomingMessage, request } from 'node:http';

/**
 * How long a teardown may take, milliseconds. Lambda gives a function with an internal extension 500 ms between SIGTERM and SIGKILL; the
 * rest is for being woken up and for the end of the process.
 */
const TEARDOWN_MILLISECONDS = 300;

/** Unique among the extensions of a function. */
const EXTENSION_NAME = 'hoglet-shutdown';

const ROUTE = '/2020-01-01/extension';

/** A handler and what ends it. */
export interface EndableHandler<Handler> {
  handler: Handler;
  /** Must not take longer than the limit. */
  tearDown(limitMilliseconds: number): Promise<void>;
}

/**
 * Has `tearDown` called when Lambda shuts the execution environment down, and then ends the process. Only a function with an extension is
 * told beforehand, by SIGTERM, so an internal extension without events is registered, which can only be done before the first invocation.
 * When it cannot be registered, the environment ends as it would have without.
 * See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
 *
 * @param runtimeApi host and port, as Lambda has it in AWS_LAMBDA_RUNTIME_API
 */
export async function withShutdown<Handler>(
  runtimeApi: string | undefined,
  { handler, tearDown }: EndableHandler<Handler>,
): Promise<Handler> {
  process.once('SIGTERM', () => {
    void tearDown(TEARDOWN_MILLISECONDS).finally(() => process.exit(0));
  });
  try {
    if (runtimeApi === undefined) throw new Error('there is no AWS_LAMBDA_RUNTIME_API in the environment');
    await registerExtension(runtimeApi);
  } catch (error) {
    console.warn(`Plugins are not torn down at the end, since no extension could be registered: ${String(error)}`);
  }
  return handler;
}

async function registerExtension(runtimeApi: string): Promise<void> {
  const registered = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'Lambda-Extension-Name': EXTENSION_NAME, 'Content-Type': 'application/json' };
    request(`http://${runtimeApi}${ROUTE}/register`, { method: 'POST', headers }, resolve)
      .on('error', reject)
      .end('{"events":[]}');
  });
  registered.resume();
  const identifier = registered.headers['lambda-extension-identifier'];
  if (registered.statusCode !== 200 || typeof identifier !== 'string') {
    throw new Error(`Lambda answered ${registered.statusCode} to the registration`);
  }
  // Says that the extension is ready, without which init does not end. There are no events, so the answer never comes, nor is it waited for.
  request(`http://${runtimeApi}${ROUTE}/event/next`, { headers: { 'Lambda-Extension-Identifier': identifier } })
    .on('error', () => {})
    .on('socket', (socket) => socket.unref())
    .end();
}
