import { readOnly } from './read-only.ts';
import type { Realm } from './realm.ts';

/** An error that reaches the plugin by this name. */
export class PluginFacingError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** What PostHog threw at a plugin that asked for what it must not do. */
export function illegalOperation(message: string): Error {
  return new PluginFacingError('IllegalOperationError', message);
}

/**
 * Makes what a plugin is given out of its own realm: a plugin's `instanceof`, and writes to what it finds through `constructor` or
 * `__proto__`, then meet the plugin's own built-ins, not those of the host or of other plugins.
 */
export interface RealmValues {
  /** The realm's own, whatever the plugin does to it. */
  prototypes: { object: object; function: object; error: object };
  /** @throws SyntaxError of the host; for texts that the host itself has checked. */
  parse(text: string): unknown;
  /** @param time milliseconds since 1970. */
  date(time: number): Date;
  /** A list of texts. */
  list(texts: readonly string[]): unknown;
  /** An error of the realm, with a stack that names the plugin, so that it can be attributed when nobody catches it. */
  error(error: unknown, label: string): unknown;
  /** A function that throws errors of the realm. */
  wrap<Parameters extends unknown[], Result>(
    label: string,
    run: (...parameters: Parameters) => Result,
  ): (...parameters: Parameters) => Result;
  /** A function that answers by a promise of the realm; it never throws. A rejection that nobody handles is told as unhandled. */
  method<Parameters extends unknown[], Result>(
    label: string,
    run: (...parameters: Parameters) => Promise<Result>,
  ): (...parameters: Parameters) => Promise<Result>;
  /** An object of the realm with these properties; read-only. */
  object<Properties extends object>(properties: Properties): Properties;
}

export function createRealmValues(realm: Realm, plugin: number): RealmValues {
  const own = realm as unknown as typeof globalThis;
  // Taken now, before the plugin can put its own in their place.
  const { Date: RealmDate, Error: RealmError, Promise: RealmPromise } = own;
  const { parse } = own.JSON;
  const objects = own.Object.prototype;
  const functions = own.Function.prototype;

  const error = (thrown: unknown, label: string): unknown => {
    // An error that is the plugin's already, for example of a toJSON of its own, is none of the host's.
    if (!(thrown instanceof Error)) return thrown;
    const mine = new RealmError(thrown.message);
    const { name } = thrown;
    Object.defineProperty(mine, 'name', { value: name, writable: true, configurable: true });
    Object.defineProperty(mine, 'stack', {
      value: `${name}: ${thrown.message}\n    at ${label} (plugin-config-${plugin}/)`,
      writable: true,
      configurable: true,
    });
    return mine;
  };

  const adopt = <Value extends object>(value: Value, prototype: object): Value =>
    Object.setPrototypeOf(value, prototype) as Value;

  return {
    prototypes: { object: objects, function: functions, error: RealmError.prototype },
    parse: (text) => parse(text) as unknown,
    date: (time) => new RealmDate(time),
    list: (texts) => parse(JSON.stringify(texts)) as unknown,
    error,
    wrap: (label, run) =>
      adopt((...parameters) => {
        try {
          return run(...parameters);
        } catch (thrown) {
          throw error(thrown, label);
        }
      }, functions),
    method: (label, run) =>
      adopt(
        (...parameters) =>
          new RealmPromise((resolve, reject) => {
            run(...parameters).then(resolve, (thrown: unknown) => reject(error(thrown, label)));
          }),
        functions,
      ),
    object: (properties) => readOnly(adopt(properties, objects)),
  };
}
