import vm from 'node:vm';
import { closePrototype } from './close-builtins.ts';

/**
 * Makes the parser of a realm that holds nothing but data. Events are made in it, so a plugin that writes to the prototype of an event,
 * by a careless deep merge for example, finds it closed: neither other plugins nor the host see anything of it.
 */
export function createDataParser(): (text: string) => unknown {
  const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY) as Record<string, never>;
  const { Object: objects, Array: arrays, JSON: json } = realm as unknown as typeof globalThis;
  closePrototype(objects.prototype);
  Object.freeze(arrays.prototype);
  Object.freeze(objects);
  Object.freeze(arrays);
  return json.parse.bind(json) as (text: string) => unknown;
}
