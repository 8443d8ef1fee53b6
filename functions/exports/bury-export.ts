import { type ExportDeadLetter, exportDeadLetters } from './export-dead-letters.ts';
import type { FailedExport } from './failed-export.ts';

/**
 * Keeps a batch that nobody will try again among the dead letters of `deliveries`, from where it can be sent again.
 *
 * @param send gives the messages that could not be sent
 * @throws when a part of it could not be sent; the rest is then there twice in the end
 */
export async function buryExport(
  failed: FailedExport,
  send: (messages: ExportDeadLetter[]) => Promise<ExportDeadLetter[]>,
): Promise<void> {
  const letters = exportDeadLetters(failed);
  const unsent = await send(letters);
  if (unsent.length > 0) throw new Error(`${unsent.length} of ${letters.length} dead letters could not be sent`);
}
