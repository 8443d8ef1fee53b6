/*
 * Preloaded into every function's process when the stack has a clock that leaps: `Date` tells the stack's time. It is
 * stripped of its types and started from a copy, so it imports nothing but Node.js.
 */
import { openSync, readSync } from 'node:fs';

// How far the stack's clock is ahead of this machine's, milliseconds: eight bytes, written anew at each leap.
const file = openSync(process.env['HOGLET_CLOCK_FILE'] ?? '', 'r');
const buffer = Buffer.alloc(8);
const MachineDate = Date;
const machineNow = Date.now;

function now(): number {
  readSync(file, buffer, 0, 8, 0);
  return Math.floor(machineNow() + buffer.readDoubleLE());
}

globalThis.Date = new Proxy(MachineDate, {
  construct: (target, values: unknown[], newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget) as object,
  apply: () => new MachineDate(now()).toString(),
});
MachineDate.now = now;
