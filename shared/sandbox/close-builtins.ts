/**
 * Closes built-ins of the host's realm: what plugins get from it (Buffer, URL, promises, responses, modules) leads to constructors
 * and prototypes that all plugins and the host share. Freezes `roots` and whatever they lead to: their prototypes, functions, constants.
 */
export function closeBuiltins(roots: Iterable<unknown>): void {
  const waiting = [...roots];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!isObject(value) || closed.has(value)) continue;
    closed.add(value);
    waiting.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
      waiting.push(property.value, property.get, property.set);
    }
    if (ArrayBuffer.isView(value)) continue;
    if (isOverridden(value)) closePrototype(value);
    else Object.freeze(value);
  }
}

/** ECMAScript's and Node's own that exist from the start, and those that have no name. */
export function builtinsFromStart(): unknown[] {
  const unnamed = [
    [].values(),
    new Map().entries(),
    new Set().entries(),
    ''[Symbol.iterator](),
    ''.matchAll(/x/g),
    new URLSearchParams().entries(),
    function* generator() {},
    async () => {},
    async function* generator() {},
  ].map((value) => Object.getPrototypeOf(value) as unknown);
  // The class that makes all buffers; nothing but this getter leads to it.
  const { [Symbol.species]: buffers } = Buffer as unknown as Record<symbol, unknown>;
  // Of every error, with functions that all errors share, is its `stack`.
  return [...globalsOf(NAMES), ...unnamed, buffers, new Error('only an example'), ...errorsOf(MISUSES)];
}

/** Node gives the errors of each code a prototype of their own, which nothing leads to but such an error. */
function errorsOf(calls: (() => unknown)[]): unknown[] {
  return calls.map((call) => {
    try {
      return call();
    } catch (error) {
      return error;
    }
  });
}

/** One for each code that plugins meet easily. */
const MISUSES: (() => unknown)[] = [
  () => Reflect.apply(Buffer.from, Buffer, [null]),
  () => Buffer.alloc(-1),
  () => Reflect.apply(Buffer.from, Buffer, ['', 'none']),
  () => Buffer.alloc(1).readInt16LE(),
  () => Buffer.alloc(1).swap16(),
  () => Reflect.get(URLSearchParams.prototype, 'size'),
  () => Reflect.construct(URL, []),
  () => new URL('none'),
];

/** What `fetch` hands out. Apart from the others because it is loaded with the first request, and costs what a plugin without any need not pay. */
export function builtinsOfFetch(): unknown[] {
  const unnamed = [
    new Headers().entries(),
    new FormData().entries(),
    new ReadableStream().values(),
    // The signal of a request is an object of a class of its own in some versions.
    AbortSignal.abort(),
  ].map((value) => Object.getPrototypeOf(value) as unknown);
  return [...globalsOf(FETCH_NAMES), ...unnamed];
}

/**
 * Freezes a prototype, but lets objects have properties of their own by these names: on a frozen prototype,
 * `event.properties.constructor = 1` or `error.name = 'Mine'` would do nothing, or throw.
 */
export function closePrototype(prototype: object): void {
  for (const key of Reflect.ownKeys(prototype)) {
    const { value, writable, configurable } = Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor;
    if (configurable !== true) continue;
    if (writable !== true) {
      define(prototype, key, { configurable: false });
      continue;
    }
    const get = () => value as unknown;
    // A method: other functions have a prototype of their own.
    const { set } = {
      set(this: unknown, own: unknown) {
        if (this === prototype || !isObject(this)) return;
        define(this, key, { value: own, writable: true, enumerable: true, configurable: true });
      },
    };
    define(prototype, key, { configurable: false, enumerable: false, get, set });
    Object.freeze(get);
    Object.freeze(set);
  }
  // Not frozen: what cannot be redefined, such as the switch of an emitter that each emitter writes, stays writable.
  Object.preventExtensions(prototype);
}

/** Objects are given properties of their own by names that these prototypes have: errors by libraries, streams and emitters by Node. */
function isOverridden(value: object): boolean {
  return (
    isObjectPrototype(value) ||
    value === Error.prototype ||
    Error.prototype.isPrototypeOf(value) ||
    (Object.hasOwn(value, 'constructor') && ('_events' in value || 'pipe' in value || isWebStream(value)))
  );
}

/** That of any realm. */
function isObjectPrototype(value: object): boolean {
  return Object.getPrototypeOf(value) === null && Object.hasOwn(value, '__proto__');
}

/** Node makes those of requests and clones without calling their constructor, and then assigns it. */
function isWebStream(prototype: object): boolean {
  return String((prototype as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]).endsWith('Stream');
}

function globalsOf(names: string[]): unknown[] {
  return names.flatMap((line) => line.split(' ')).map((name) => (globalThis as Record<string, unknown>)[name]);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

const define = Object.defineProperty;
const closed = new WeakSet<object>();

const NAMES = [
  'Object Function Array Number Boolean String Symbol BigInt Date Promise RegExp Error AggregateError EvalError',
  'RangeError ReferenceError SyntaxError TypeError URIError JSON Math Intl Atomics Reflect Proxy Iterator',
  'ArrayBuffer SharedArrayBuffer DataView Uint8Array Int8Array Uint8ClampedArray Uint16Array Int16Array',
  'Uint32Array Int32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array Map Set WeakMap',
  'WeakSet WeakRef FinalizationRegistry WebAssembly Buffer URL URLSearchParams',
];

const FETCH_NAMES = [
  'Response Request Headers FormData File Blob ReadableStream ReadableStreamDefaultReader',
  'ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController',
  'ReadableByteStreamController WritableStream WritableStreamDefaultController WritableStreamDefaultWriter',
  'TransformStream TransformStreamDefaultController AbortController AbortSignal Event EventTarget DOMException',
  'ByteLengthQueuingStrategy CountQueuingStrategy TextDecoder TextEncoder',
];
