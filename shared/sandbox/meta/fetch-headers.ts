import { createRealmClass, type RealmClass } from '../realm-class.ts';
import type { RealmValues } from '../realm-values.ts';
import type { FetchErrors } from './fetch-errors.ts';

/** `Headers` as node-fetch has them: with `raw()`, which gives every value as a list. */
export function createHeadersClass(realm: RealmValues, { toError }: FetchErrors): RealmClass<Headers> {
  const listOf = (entries: unknown[]) => realm.parse(JSON.stringify(entries)) as unknown[];
  const iterate = (entries: unknown[]) => listOf(entries)[Symbol.iterator]();
  const methods = {
    append: (headers: Headers, _: object, name: unknown, value: unknown) => headers.append(String(name), String(value)),
    delete: (headers: Headers, _: object, name: unknown) => headers.delete(String(name)),
    get: (headers: Headers, _: object, name: unknown) => headers.get(String(name)),
    has: (headers: Headers, _: object, name: unknown) => headers.has(String(name)),
    set: (headers: Headers, _: object, name: unknown, value: unknown) => headers.set(String(name), String(value)),
    forEach(headers: Headers, self: object, call: (value: string, name: string, self: object) => void, own: unknown) {
      for (const [name, value] of headers) Reflect.apply(call, own, [value, name, self]);
    },
    keys: (headers: Headers) => iterate([...headers.keys()]),
    values: (headers: Headers) => iterate([...headers.values()]),
    entries: (headers: Headers) => iterate([...headers]),
    [Symbol.iterator]: (headers: Headers) => iterate([...headers]),
    raw(headers: Headers) {
      const raw: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
      for (const [name, value] of headers) (raw[name] ??= []).push(value);
      return realm.parse(JSON.stringify(raw));
    },
  };
  const class_: RealmClass<Headers> = createRealmClass<Headers>('Headers', realm, toError, {
    construct: (init) => readHeaders(init, class_.stateOf),
    getters: {},
    methods,
  });
  return class_;
}

/**
 * Copies headers out of whatever a plugin gave: Headers, pairs, or an object.
 *
 * @throws TypeError for pairs that are none, and for names and values that HTTP does not have.
 */
export function readHeaders(init: unknown, stateOf: (value: unknown) => Headers | undefined): Headers {
  if (init === undefined || init === null) return new Headers();
  const known = stateOf(init);
  if (known !== undefined) return new Headers(known);
  if (typeof init !== 'object') throw new TypeError(`Provided initializer must be an object; got a ${typeof init}`);
  const headers = new Headers();
  const { [Symbol.iterator]: iterator } = init as Partial<Iterable<unknown>>;
  const entries =
    typeof iterator === 'function' ? [...(init as Iterable<unknown>)].map(readPair) : Object.entries(init);
  for (const [name, value] of entries) headers.append(String(name), String(value));
  return headers;
}

function readPair(pair: unknown): [unknown, unknown] {
  const list =
    typeof pair === 'object' && pair !== null && Symbol.iterator in pair ? [...(pair as Iterable<unknown>)] : [];
  if (list.length !== 2) throw new TypeError('Each header pair must be a name/value tuple');
  return [list[0], list[1]];
}
