/**
 * Makes writes to an object vanish: they neither last nor throw, not even in strict code. PostHog's plugins found everything they were
 * given like that.
 */
export function readOnly<Value extends object>(value: Value): Value {
  return new Proxy(value, VANISH) as Value;
}

const VANISH: ProxyHandler<object> = {
  set: () => true,
  defineProperty: () => true,
  deleteProperty: () => true,
  setPrototypeOf: () => true,
  // The language does not let this one vanish: `Object.freeze` throws.
  preventExtensions: () => false,
};
