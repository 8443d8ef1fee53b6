import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';
import streamPromises from 'node:stream/promises';
import zlib from 'node:zlib';
import { closeBuiltins } from './close-builtins.ts';

/**
 * Closes what nothing but instances of a module's classes leads to, above all the classes of their native handles, which plugins and the
 * host share. With the first import of the module: others need not pay for it.
 */
export function closeInstances(module: string): void {
  const makeSamples = SAMPLES.get(module);
  SAMPLES.delete(module);
  if (makeSamples !== undefined) closeStreams();
  for (const sample of makeSamples?.() ?? []) {
    for (const owner of [sample, ...valuesOf(sample)]) {
      if (typeof owner !== 'object') continue;
      const functions = [...valuesOf(owner), ...gettersOf(owner)].filter((value) => typeof value === 'function');
      closeBuiltins([Object.getPrototypeOf(owner), ...functions]);
    }
  }
}

/** Functions and objects that are properties of its own, also by symbols. */
function valuesOf(owner: object): object[] {
  return Reflect.ownKeys(owner)
    .map((key) => Object.getOwnPropertyDescriptor(owner, key)?.value as unknown)
    .filter((value) => (typeof value === 'object' && value !== null) || typeof value === 'function');
}

/** What the getters of its class give: it may be shared by all instances. */
function gettersOf(owner: object): unknown[] {
  const properties = Object.entries<PropertyDescriptor>(
    Object.getOwnPropertyDescriptors(Object.getPrototypeOf(owner) ?? {}),
  );
  return properties
    .filter(([, { get }]) => get !== undefined)
    .map(([name]) => (owner as Record<string, unknown>)[name]);
}

/** What every stream leads to through getters of its classes. */
function closeStreams(): void {
  closeBuiltins([streamPromises, EventEmitter.EventEmitterAsyncResource]);
}

const SAMPLES = new Map<string, () => object[]>(
  Object.entries({
    fetch: () => [new Blob(['x'])],
    zlib() {
      const streams = [zlib.createGzip(), zlib.createBrotliCompress(), zlib.createBrotliDecompress()];
      // Node 24 has it; typed as if every version had.
      if ('createZstdCompress' in zlib) streams.push(zlib.createZstdCompress(), zlib.createZstdDecompress());
      // Closing takes them away.
      const handles = streams.map((stream) => ({ handle: Reflect.get(stream, '_handle') as unknown }));
      for (const stream of streams) stream.close();
      return [...streams, ...handles];
    },
    crypto() {
      const key = Buffer.alloc(16);
      const coordinate = Buffer.alloc(32, 1).toString('base64url');
      // Of numbers that are no secret: making real ones takes longer than all the rest.
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: coordinate, d: coordinate };
      const privateKey = crypto.createPrivateKey({ key: jwk, format: 'jwk' });
      return [
        crypto.createHash('sha256'),
        crypto.createHmac('sha256', key),
        crypto.createCipheriv('aes-128-cbc', key, key),
        crypto.createDecipheriv('aes-128-cbc', key, key),
        crypto.createSign('sha256'),
        crypto.createVerify('sha256'),
        crypto.createECDH('prime256v1'),
        crypto.getDiffieHellman('modp14'),
        crypto.createSecretKey(key),
        crypto.createPublicKey(privateKey),
        privateKey,
      ];
    },
  }),
);
