import vm from 'node:vm';
import { closeBuiltins } from './close-builtins.ts';

/**
 * Makes the parser of a realm that holds nothing but data. Events are made in it, so a plugin that writes to the prototype of an event,
 * by a careless deep merge for example, finds it closed: neither other plugins nor the host see anything of it. No code can be made in
 * this realm, so what its objects and lists lead to is all that can be reached of it.
 */
export function createDataParser(): (text: string) => unknown {
  const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY, { codeGeneration: { strings: false, wasm: false } });
  const own = realm as unknown as typeof globalThis;
  const { Object: objects, Array: arrays, Function: functions, JSON: json } = own;
  const iterators: unknown = Object.getPrototypeOf(arrays.prototype.values.call([]));
  closeBuiltins([objects, arrays, functions, own.Promise, iterators, new own.TypeError(), new own.RangeError()]);
  return json.parse.bind(json) as (text: string) => unknown;
}
