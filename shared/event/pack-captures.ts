import { createPacker, DEFAULT_PACK_LIMITS } from './pack-events.ts';

/** Hoglet reads these, so they are what costs least; see docs/adr/0003-compression.md. */
const COMPRESSION = { algorithm: 'zstd', level: 1 } as const;
const FIRST_BUFFER_BYTES = 32 * 1024;

/** Packs events, JSON texts, into as few bodies of the `events` queue as hold them. @throws when one fits into no message. */
export function packCaptures(texts: readonly string[]): string[] {
  const bodies: string[] = [];
  const refuse = (_: number, position: number, bytes: number): never => {
    throw new Error(`The captured event at position ${position} has ${bytes} bytes and fits into no message`);
  };
  const packer = createPacker(
    COMPRESSION,
    DEFAULT_PACK_LIMITS,
    ({ body }) => bodies.push(body.toString('utf8')),
    refuse,
    {
      firstBufferBytes: FIRST_BUFFER_BYTES,
    },
  );
  for (const [position, text] of texts.entries()) packer.add(text, 0, position);
  packer.flush();
  return bodies;
}
