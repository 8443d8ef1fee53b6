import vm from 'node:vm';
import { readOnly } from './read-only.ts';

/** A JavaScript realm of its own: ECMAScript's built-ins, what is put in, and nothing of Node. */
export type Realm = Record<string, unknown>;

/**
 * Makes an empty realm.
 * An ordinary global object (`DONT_CONTEXTIFY`) has no interceptors, so plugin code runs at full speed.
 */
export function createRealm(): Realm {
  const realm: Realm = vm.createContext(vm.constants.DONT_CONTEXTIFY);
  for (const name of NOT_PROVIDED) delete realm[name];
  return realm;
}

/** Puts values into a realm's global scope. */
export function provide(realm: Realm, provided: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(provided)) {
    // Configurable, so that a plugin may declare a `const fetch` of its own.
    Object.defineProperty(realm, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** V8 puts these into every realm, PostHog did not provide them. */
const NOT_PROVIDED = ['escape', 'unescape'];

/**
 * Runs plugin code as a sloppy script, as PostHog did, and gives the places to look for hooks, first hit wins:
 * `exports`, `exports.default`, `module.exports` and its `default`, or, when all of them are empty, top-level functions.
 *
 * @throws whatever the code throws, and an error after `timeoutMilliseconds` of synchronous work.
 */
export function evaluate(realm: Realm, code: string, filename: string, timeoutMilliseconds: number): ExportPlaces {
  const exports = new (realm['Object'] as ObjectConstructor)() as Record<string, unknown>;
  const module = new (realm['Object'] as ObjectConstructor)() as Record<string, unknown>;
  module['exports'] = exports;
  Object.assign(realm, { module, exports });
  new vm.Script(code, { filename }).runInContext(realm, { timeout: timeoutMilliseconds });
  const own = [realm['exports'], module['exports']].filter(isPlace);
  if (!own.some(hasKeys)) return [realm];
  return own.flatMap((place) => [place, place['default']]).filter(isPlace);
}

export type ExportPlaces = Record<string, unknown>[];

/** The export of that name, or undefined; any truthy value counts. */
export function findExport(places: ExportPlaces, name: string): unknown {
  return places.map((place) => place[name]).find(Boolean);
}

/**
 * Copies JSON data into a realm, so that its arrays and objects are of the plugin's own kind; read-only all through.
 * A read costs 22 ns instead of the 1 ns of frozen data (Node 24), on which a write throws in strict code.
 */
export function copyInto<Value>(realm: Realm, value: Value): Value {
  const json = JSON.stringify(value);
  return readOnlyThrough((realm['JSON'] as typeof JSON).parse(json) as Value);
}

function isPlace(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

function hasKeys(place: Record<string, unknown>): boolean {
  return Reflect.ownKeys(place).some((key) => key !== '__esModule');
}

function readOnlyThrough<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  // Defined, not assigned: a key may be `__proto__`.
  for (const [key, inner] of Object.entries(value))
    Object.defineProperty(value, key, { value: readOnlyThrough(inner) });
  return readOnly(value);
}
