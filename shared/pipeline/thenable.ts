export type Then = (answered: (value: unknown) => void, refused: (error: unknown) => void) => void;

/** `then` of every realm's own promises, as far as it was met. */
const nativeThens = new WeakSet<Then>();
const sourceOf = Function.prototype.toString;

/** The `then` of a thenable, read once as the language does; null when the value is none. */
export function thenOf(value: unknown): Then | null {
  if (typeof value !== 'object' || value === null) return null;
  const { then } = value as { then?: unknown };
  return typeof then === 'function' ? (then as Then) : null;
}

/**
 * Listens for the one answer of a thenable. A native promise never gives two, so it is listened to as it is;
 * anything else may answer twice, late, or throw afterwards, and gets a native promise before it, which hears only the first.
 * `known` remembers the `then` that was met last: nearly always the same.
 */
export function listenOnce(
  answer: unknown,
  then: Then,
  known: { nativeThen?: Then },
  answered: (value: unknown) => void,
  refused: (error: unknown) => void,
): void {
  if (then === known.nativeThen || isNative(then)) {
    known.nativeThen = then;
    Reflect.apply(then, answer, [answered, refused]);
    return;
  }
  const promise = new Promise<unknown>((resolve, reject) => Reflect.apply(then, answer, [resolve, reject]));
  void promise.then(answered, refused);
}

/** No function of a plugin can claim this source: bound functions and proxies have no name in theirs. */
function isNative(then: Then): boolean {
  if (nativeThens.has(then)) return true;
  if (Reflect.apply(sourceOf, then, []) !== 'function then() { [native code] }') return false;
  nativeThens.add(then);
  return true;
}
