import type { RealmValues } from './realm-values.ts';

/** A class of a plugin's realm whose work is done by the host. */
export interface RealmClass<State extends object> {
  /** The class itself, as the plugin sees it. */
  constructor: object;
  /** An instance that the plugin did not make. */
  make(state: State): object;
  /** What the host keeps of an instance; undefined for anything else, whatever it looks like. */
  stateOf(value: unknown): State | undefined;
}

export interface RealmClassParts<State extends object> {
  /** Makes an instance of what the plugin gave to `new`. */
  construct(...parameters: unknown[]): State;
  getters: Record<string, (state: State, self: object) => unknown>;
  /** One that gives a promise gives the plugin one of its own realm. */
  methods: Record<string | symbol, (state: State, self: object, ...parameters: never[]) => unknown>;
}

/**
 * Makes a class that leads a plugin to nothing but its own realm: its prototype, functions, promises and errors are of it. State stays
 * with the host, so no property that a plugin sets can stand in for it. `toError` makes the plugin's errors of the host's.
 */
export function createRealmClass<State extends object>(
  name: string,
  { prototypes, method: promising }: RealmValues,
  toError: (error: unknown, label: string) => unknown,
  { construct, getters, methods }: RealmClassParts<State>,
): RealmClass<State> {
  const states = new WeakMap<object, State>();

  const call = (label: string, self: object, run: (state: State) => unknown): unknown => {
    const state = states.get(self);
    try {
      if (state === undefined) throw new TypeError(`${label} was called on something else than a ${name}`);
      const result = run(state);
      if (!(result instanceof Promise)) return result;
      const converted = result.catch((error: unknown) => Promise.reject(toError(error, label)));
      return promising(label, () => converted)();
    } catch (error) {
      throw toError(error, label);
    }
  };

  function Class(this: object, ...parameters: unknown[]): void {
    try {
      if (new.target === undefined) throw new TypeError(`Class constructor ${name} cannot be invoked without 'new'`);
      states.set(this, construct(...parameters));
    } catch (error) {
      throw toError(error, `new ${name}`);
    }
  }
  Object.defineProperty(Class, 'name', { value: name, configurable: true });
  adopt(Class, prototypes.function);
  const prototype = adopt(Class.prototype as object, prototypes.object);
  const define = (key: string | symbol, property: PropertyDescriptor) =>
    Object.defineProperty(prototype, key, { configurable: true, ...property });
  define('constructor', { value: Class, writable: true });
  define(Symbol.toStringTag, { value: name });
  for (const [key, read] of Object.entries(getters)) {
    const get = {
      [key](this: object) {
        return call(`${name}.${key}`, this, (state) => read(state, this));
      },
    }[key] as () => unknown;
    // Enumerable, so that a plugin which spreads or logs one by `for in` finds them, as in node-fetch.
    define(key, { get: adopt(get, prototypes.function), enumerable: true });
  }
  for (const key of Reflect.ownKeys(methods)) {
    const run = Reflect.get(methods, key) as Method<State>;
    const label = `${name}.${String(key)}`;
    // A function of this form has no prototype, which would be the host's.
    const method = {
      [key](this: object, ...parameters: unknown[]) {
        return call(label, this, (state) => run(state, this, ...parameters));
      },
    };
    const value = Reflect.get(method, key) as object;
    define(key, { value: adopt(value, prototypes.function), writable: true });
  }

  return {
    constructor: Class,
    make(state) {
      const instance = Object.create(prototype) as object;
      states.set(instance, state);
      return instance;
    },
    stateOf: (value) => (typeof value === 'object' && value !== null ? states.get(value) : undefined),
  };
}

type Method<State> = (state: State, self: object, ...parameters: unknown[]) => unknown;

function adopt<Value extends object>(value: Value, prototype: object): Value {
  return Object.setPrototypeOf(value, prototype) as Value;
}
