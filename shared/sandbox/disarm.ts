import crypto from 'node:crypto';
import nodeModule from 'node:module';
import os from 'node:os';
import v8 from 'node:v8';
import { builtinsFromStart, closeBuiltins } from './close-builtins.ts';
import { closeModules } from './imports.ts';

/**
 * Takes from this process what code that has left its vm context could use against its neighbours: ending, signalling or slowing
 * processes, native bindings, flags of the engine, hooks into modules. Closes the built-ins that plugins share with each other and
 * with the host. Called once, before the first plugin is loaded. It loads no module that would not be loaded anyway: `node:tls` alone
 * made events 9 % dearer (ten plugins, median of 13 runs).
 */
export function disarm(): void {
  const { syncBuiltinESMExports } = nodeModule;
  for (const [prefix, owner, names] of FORBIDDEN) {
    for (const name of names.flatMap((line) => line.split(' '))) {
      // What a version of Node does not have needs no refusal.
      if (name in owner) lock(owner, name, refuse(`${prefix}.${name}`));
    }
  }
  // Setting any of these reaches the system or the engine.
  lock(process, 'title', 'hoglet');
  lock(process, 'debugPort', 0);
  const { getReport } = process.report;
  lock(process, 'report', Object.freeze({ getReport }));
  lock(process, 'env', Object.freeze({}));
  // What `import` gives of a module that was imported before would still have what was taken from the module itself.
  syncBuiltinESMExports();
  // Small buffers of all plugins, and of the host, would lie in one piece of memory that `buffer.buffer` shows.
  lock(Buffer, 'poolSize', 0);

  closeBuiltins(builtinsFromStart());
  closeModules();
}

function lock(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: false, configurable: false });
}

const FORBIDDEN: [prefix: string, owner: object, names: string[]][] = [
  [
    'process',
    process,
    [
      'abort binding dlopen execve exit initgroups kill loadEnvFile reallyExit setegid seteuid setgid setgroups setuid umask',
      'setSourceMapsEnabled setUncaughtExceptionCaptureCallback',
      '_debugEnd _debugProcess _getActiveHandles _getActiveRequests _kill _linkedBinding _rawDebug',
      '_startProfilerIdleNotifier _stopProfilerIdleNotifier',
    ],
  ],
  ['process.permission', process.permission ?? {}, ['drop']],
  ['os', os, ['setPriority']],
  [
    'v8',
    v8,
    [
      'queryObjects setFlagsFromString setHeapSnapshotNearHeapLimit startCpuProfile stopCoverage takeCoverage writeHeapSnapshot',
    ],
  ],
  ['v8.promiseHooks', v8.promiseHooks, ['createHook onAfter onBefore onInit onSettled']],
  [
    'module',
    nodeModule,
    ['enableCompileCache flushCompileCache register registerHooks runMain setSourceMapsSupport syncBuiltinESMExports'],
  ],
  ['crypto', crypto, ['setEngine setFips']],
];

function refuse(name: string) {
  return () => {
    throw Object.assign(new Error(`${name} is closed to plugins`), { code: 'HOGLET_CALL_REFUSED' });
  };
}
