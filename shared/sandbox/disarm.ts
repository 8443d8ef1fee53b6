import v8 from 'node:v8';

/**
 * Takes from this process what code that has left its vm context could use against its neighbours: ending or signalling
 * processes, native bindings, engine flags. Called once, before the first plugin is loaded.
 */
export function disarm(): void {
  const owner = process as unknown as Record<string, unknown>;
  for (const name of FORBIDDEN) {
    Object.defineProperty(owner, name, { value: refuse(`process.${name}`), writable: false, configurable: false });
  }
  Object.defineProperty(v8, 'setFlagsFromString', {
    value: refuse('v8.setFlagsFromString'),
    writable: false,
    configurable: false,
  });
  Object.defineProperty(process, 'env', { value: Object.freeze({}), writable: false, configurable: false });
}

const FORBIDDEN = [
  'abort',
  'binding',
  'dlopen',
  'execve',
  'exit',
  'initgroups',
  'kill',
  'reallyExit',
  'setegid',
  'seteuid',
  'setgid',
  'setgroups',
  'setuid',
  '_debugEnd',
  '_getActiveHandles',
  '_getActiveRequests',
  '_debugProcess',
  '_kill',
  '_linkedBinding',
  '_rawDebug',
  '_startProfilerIdleNotifier',
  '_stopProfilerIdleNotifier',
];

function refuse(name: string) {
  return () => {
    throw Object.assign(new Error(`${name} is closed to plugins`), { code: 'HOGLET_CALL_REFUSED' });
  };
}
