import vm from 'node:vm';

/**
 * Makes the parser of a realm that holds nothing but data. Events are made in it, so a plugin that writes to the prototype of an event,
 * by a careless deep merge for example, finds it closed: neither other plugins nor the host see anything of it.
 */
export function createDataParser(): (text: string) => unknown {
  const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY) as Record<string, never>;
  const { Object: objects, Array: arrays, JSON: json } = realm as unknown as typeof globalThis;
  closePrototype(objects.prototype);
  closePrototype(arrays.prototype);
  Object.freeze(objects);
  Object.freeze(arrays);
  return json.parse.bind(json) as (text: string) => unknown;
}

/**
 * Freezes a prototype, but lets objects have properties of their own by these names: on a frozen prototype, `event.properties.constructor = 1`
 * would do nothing, or throw.
 */
function closePrototype(prototype: object): void {
  for (const [key, { value, writable }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (writable !== true || Array.isArray(prototype)) continue;
    Object.defineProperty(prototype, key, {
      configurable: false,
      enumerable: false,
      get: () => value as unknown,
      set(this: unknown, own: unknown) {
        if (this === prototype || typeof this !== 'object' || this === null) return;
        Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
      },
    });
  }
  Object.freeze(prototype);
}
