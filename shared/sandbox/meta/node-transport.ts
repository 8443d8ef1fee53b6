import type { Transport } from './fetch-send.ts';

// Taken now: code that leaves its realm may put something else in its place.
const { fetch } = globalThis;

/** Node's own `fetch`. */
export const nodeTransport: Transport = (url, request) => fetch(url, request);
