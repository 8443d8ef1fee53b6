import { createPacker, DEFAULT_PACK_LIMITS } from '../../shared/event/pack-events.ts';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { inputProblem } from './read-input.ts';

/** Hoglet reads these itself, so they are what costs least; see docs/adr/0003-compression.md. */
const COMPRESSION = { algorithm: 'zstd', level: 1 } as const;

/** Packs events into bodies of the queue `events`. @throws Problem that names each event that fits into none */
export function packSentEvents(events: readonly PluginEvent[]): string[] {
  const bodies: string[] = [];
  const tooLarge: number[] = [];
  const packer = createPacker(
    COMPRESSION,
    DEFAULT_PACK_LIMITS,
    ({ body }) => void bodies.push(body.toString('utf8')),
    (_, position) => void tooLarge.push(position),
  );
  for (const [position, event] of events.entries()) packer.add(JSON.stringify(event), 0, position);
  packer.flush();
  if (tooLarge.length === 0) return bodies;
  const message = `fits into no message of ${DEFAULT_PACK_LIMITS.maxBodyBytes} bytes, compressed`;
  throw inputProblem(tooLarge.map((position) => ({ path: `body.events.${position}`, message })));
}
