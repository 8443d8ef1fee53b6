import vm from 'node:vm';
import type { Realm } from '../../shared/sandbox/realm.ts';

/** Makes the `Date` of a plugin's realm read a clock, milliseconds since 1970; so do `Date.now()` and `Date()`. */
export function installVirtualDate(realm: Realm, now: () => number): void {
  // Made within the realm, so that what a plugin finds on it is of its own kind.
  const make = vm.runInContext(`(${virtualDate.toString()})`, realm) as typeof virtualDate;
  make(realm as unknown as typeof globalThis, now);
}

/** The same for this process, for libraries that sign what they send with the time. */
export function installOwnVirtualDate(now: () => number): void {
  virtualDate(globalThis, now);
}

/** Its source is run in other realms, so it must not refer to anything of this file. */
function virtualDate(scope: typeof globalThis, now: () => number): void {
  const RealDate = scope.Date;
  const VirtualDate: DateConstructor = new scope.Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, parameters, newTarget) =>
      scope.Reflect.construct(
        target,
        parameters.length === 0 ? [now()] : parameters,
        newTarget === VirtualDate ? target : newTarget,
      ) as Date,
  });
  const hidden = { writable: true, enumerable: false, configurable: true };
  scope.Object.defineProperty(RealDate, 'now', { ...hidden, value: () => now() });
  scope.Object.defineProperty(RealDate.prototype, 'constructor', { ...hidden, value: VirtualDate });
  scope.Object.defineProperty(scope, 'Date', { ...hidden, value: VirtualDate });
}
