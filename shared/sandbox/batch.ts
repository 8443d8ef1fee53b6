import { createMessageWriter } from '../event/write-messages.ts';
import type { BeforeCall } from '../pipeline/chain.ts';
import type { FrameWriter } from './frames.ts';
import { namedError } from './hook-error.ts';
import { type Account, type Batch, FRAME, type MessageHeader, type Running } from './protocol.ts';
import { type BatchDeps, runRecord } from './run-record.ts';

/** Longest time the loop is kept to itself between two records, so that the parent sees signs of life. */
const YIELD_AFTER_MILLISECONDS = 100;

/**
 * Runs one batch: reads each record, sends its events through their chains, packs what comes out and accounts for all of it.
 * `records` are asked for one at a time, so that only one record's events are in memory.
 */
export async function runBatch(batch: Batch, nextRecord: () => Promise<string>, deps: BatchDeps): Promise<void> {
  const { report, clock } = deps;
  const messages = createMessageWriter(
    { format: deps.configure.format, compression: deps.configure.compression, limits: deps.configure.packLimits },
    ({ body, ...header }) => deps.writer.sendWithHeader(FRAME.message, header satisfies MessageHeader, body),
    (record, position, bytes) => {
      const account = report.accounts[record] as Account;
      account.ingested--;
      account.deadLetters++;
      const detail = `The event has ${bytes} bytes after the plugins; a message may have ${deps.configure.packLimits.maxBodyBytes}`;
      report.deadLetter({ record, position, reason: 'event_too_large', detail });
    },
  );
  const before = batch.careful ? announceOrRefuse(batch, deps.writer) : null;
  let lastYield = clock();
  for (const [record, messageId] of batch.messageIds.entries()) {
    await runRecord(record, messageId, await nextRecord(), before, messages, deps);
    if (clock() - lastYield > YIELD_AFTER_MILLISECONDS) {
      await new Promise((resolve) => setImmediate(resolve));
      lastYield = clock();
    }
  }
  messages.flush();
}

/** Before each call of a careful run: tells the parent what comes, or refuses what killed an earlier child. */
function announceOrRefuse(batch: Batch, writer: FrameWriter): BeforeCall {
  return async (plugin, run) => {
    const skip = batch.skips.find(
      (one) => one.plugin === plugin.id && one.record === run.record && one.position === run.position,
    );
    if (skip !== undefined) return namedError(skip.error.name, skip.error.message);
    const running: Running = { plugin: plugin.id, hook: 'processEvent', record: run.record, position: run.position };
    writer.sendJson(FRAME.running, running);
    await writer.drained();
    return null;
  };
}
