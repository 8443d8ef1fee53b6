/** The plugin host's child on a machine that is so busy that the process needs seconds to start. */
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
await import('../../shared/sandbox/main.ts');
