import type { ClientRequest } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { closeBuiltins } from './close-builtins.ts';
import { closeModule, copyOfModule, createNodeModules, loadModule, type NodeModules } from './node-modules.ts';
import type { PendingWork } from './pending-work.ts';

/** Node's modules as one plugin and its libraries have them: without what would reach other plugins or this process. */
export function createPluginNodeModules(work: PendingWork, requestTimeoutMilliseconds: number): NodeModules {
  const http = (name: 'http' | 'https') => () => ownHttp(name, work, requestTimeoutMilliseconds);
  return createNodeModules({
    // Loading it changes how every emitter of the process works.
    domain: () => ({ active: null }),
    fs: emptyFileSystem,
    http: http('http'),
    http2: ownHttp2,
    https: http('https'),
    perf_hooks: () => ({ ...copyOfModule('perf_hooks'), performance: { now: () => performance.now() } }),
    process: ownProcess,
  });
}

type Request = (...parameters: unknown[]) => ClientRequest;
type Options = Record<string, unknown>;

/**
 * A module whose requests go through connections of the plugin's own, as a request leads to the agent and the agent to all others.
 * The batch waits for a request, awaited by the plugin or not, but not longer than a hook may take.
 */
function ownHttp(name: 'http' | 'https', work: PendingWork, timeoutMilliseconds: number): object {
  const { Agent, request } = loadModule(name) as { Agent: new (options: object) => object; request: Request };
  // A request leads to its socket.
  for (const below of ['events', 'net', 'stream', 'tls']) closeModule(below);
  const copy = copyOfModule(name) as { globalAgent: object; request: Request; get: Request };
  // As Node's own agent.
  copy.globalAgent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 });
  copy.request = (...parameters) => {
    const at = typeof parameters[0] === 'string' || parameters[0] instanceof URL ? 1 : 0;
    const options = isObject(parameters[at]) ? parameters[at] : {};
    const rest = parameters.slice(isObject(parameters[at]) || parameters[at] == null ? at + 1 : at);
    const needsAgent = options['agent'] == null && typeof options['createConnection'] !== 'function';
    const agent = needsAgent ? copy.globalAgent : options['agent'];
    const sent = request(...parameters.slice(0, at), { ...options, agent }, ...rest);
    void work.track(closed(sent, timeoutMilliseconds));
    return sent;
  };
  copy.get = (...parameters) => {
    const sent = copy.request(...parameters);
    sent.end();
    return sent;
  };
  return copy;
}

/** Node's module does not tell its prototypes of sessions and streams: they are closed as soon as there is one. */
function ownHttp2(): object {
  for (const below of ['events', 'net', 'stream', 'tls']) closeModule(below);
  const copy = copyOfModule('http2') as { connect: (...parameters: unknown[]) => ClientHttp2Session };
  const { connect } = copy;
  copy.connect = (...parameters) => {
    const session = connect(...parameters);
    closeBuiltins([Object.getPrototypeOf(session)]);
    const request = session.request.bind(session);
    session.request = (...inner) => {
      const stream = request(...inner);
      closeBuiltins([Object.getPrototypeOf(stream)]);
      return stream;
    };
    return session;
  };
  return copy;
}

function closed(request: ClientRequest, limitMilliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMilliseconds);
    request.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** No file is there. The permission model would say that it must not be read, and libraries that look whether one is there do not expect that. */
function emptyFileSystem(): object {
  const copy = copyOfModule('fs') as Record<string, (...parameters: unknown[]) => unknown>;
  const missing = (name: string, path: unknown) =>
    Object.assign(new Error(`ENOENT: no such file or directory, ${name.replace('Sync', '')} '${String(path)}'`), {
      code: 'ENOENT',
      errno: -2,
    });
  for (const [name, original] of Object.entries(copy)) {
    if (!name.endsWith('Sync')) continue;
    copy[name] = (...parameters) => {
      try {
        return original(...parameters);
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED' ? missing(name, parameters[0]) : error;
      }
    };
  }
  copy['existsSync'] = () => false;
  return copy;
}

/** What libraries read of `process`. There is nothing of this process in it. */
function ownProcess(): object {
  const { arch, platform, release, version, versions, nextTick, hrtime, uptime, memoryUsage } = process;
  const nothing = () => {};
  const stream = () => ({ isTTY: false, fd: -1, write: () => true, on: nothing, once: nothing, end: nothing });
  const listen = Object.fromEntries(
    ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'emit'].map((name) => [name, nothing]),
  );
  return {
    ...listen,
    arch,
    argv: [],
    cwd: () => '/',
    emitWarning: nothing,
    env: {},
    execArgv: [],
    execPath: '',
    exit: () => {
      throw new Error('A library in a plugin cannot end the process');
    },
    hrtime: Object.assign((since?: [number, number]) => hrtime(since), { bigint: () => hrtime.bigint() }),
    listenerCount: () => 0,
    listeners: () => [],
    memoryUsage: () => memoryUsage(),
    nextTick: (run: () => void, ...parameters: []) => nextTick(run, ...parameters),
    pid: 1,
    platform,
    release: { ...release },
    stderr: stream(),
    stdout: stream(),
    uptime: () => uptime(),
    version,
    versions: { ...versions },
  };
}

function isObject(value: unknown): value is Options {
  return typeof value === 'object' && value !== null;
}
