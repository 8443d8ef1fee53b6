import { createMessageWriter } from '../event/write-messages.ts';
import { createBatchLimits } from './batch-limits.ts';
import type { DeliveryHeader } from './delivery.ts';
import type { FrameWriter } from './frames.ts';
import { namedError } from './hook-error.ts';
import { type Account, type Batch, FRAME, type MessageHeader, NO_PLUGIN, type Running } from './protocol.ts';
import type { CarefulSteps } from './run-events.ts';
import { type BatchDeps, type BatchRun, runRecord } from './run-record.ts';
import { createDeliveryWriter, type PackedDelivery } from './write-deliveries.ts';

/**
 * Runs one batch: reads each record, sends its events through their chains, packs what comes out and accounts for all of it.
 * `records` are asked for one at a time, so that only one record's events are in memory. At `stopAt` it ends what is under way and leaves
 * the rest unfinished.
 */
export async function runBatch(
  batch: Batch,
  stopAt: number,
  nextRecord: () => Promise<string>,
  deps: BatchDeps,
): Promise<void> {
  const { report, configure, writer, runner, clock } = deps;
  const limits = createBatchLimits({
    clock,
    stopAt,
    maxOutputBytes: configure.maxOutputBytes,
    onStop: () => runner.stop(),
  });
  const messages = createMessageWriter(
    { format: configure.format, compression: configure.compression, limits: configure.packLimits },
    ({ body, ...header }) => {
      limits.addOutput(body.length);
      writer.sendWithHeader(FRAME.message, header satisfies MessageHeader, body);
    },
    (record, position, bytes) => {
      const account = report.accounts[record] as Account;
      account.ingested--;
      account.deadLetters++;
      const detail = `The event has ${bytes} bytes after the plugins; a message may have ${configure.packLimits.maxBodyBytes}`;
      report.deadLetter({ record, position, reason: 'event_too_large', detail });
    },
  );
  const sendDelivery = ({ body, ...header }: PackedDelivery): void => {
    limits.addOutput(body.length);
    writer.sendWithHeader(FRAME.delivery, header satisfies DeliveryHeader, body);
  };
  const deliveries = createDeliveryWriter(configure.packLimits, report, sendDelivery, batch.hops);
  const careful = batch.careful ? carefulSteps(batch, writer) : null;
  const run: BatchRun = { ...deps, messages, deliveries, limits, careful };
  const timer = setTimeout(() => limits.isDueToYield(), Math.max(1, stopAt - clock()));
  try {
    for (const [record, messageId] of batch.messageIds.entries()) {
      // Also of a record that is not begun, the frame must be taken: the next batch's follow it.
      const body = await nextRecord();
      if (limits.mayBeginRecord()) await runRecord(record, messageId, body, run);
      else report.openAccount().unfinished = true;
      if (limits.isDueToYield()) await limits.yield();
    }
    await careful?.nameless('flush', -1, -1);
    messages.flush();
    deliveries.flush();
  } finally {
    clearTimeout(timer);
    runner.reopen();
  }
}

function carefulSteps(batch: Batch, writer: FrameWriter): CarefulSteps {
  const announce = async (running: Running): Promise<void> => {
    writer.sendJson(FRAME.running, running);
    await writer.drained();
  };
  return {
    /** Tells the parent what comes, or refuses what killed an earlier child. */
    async before(plugin, { record, position }) {
      const skip = batch.skips.find(
        (one) => one.plugin === plugin.id && one.record === record && one.position === position,
      );
      if (skip !== undefined) return namedError(skip.error.name, skip.error.message);
      await announce({ plugin: plugin.id, hook: 'processEvent', record, position });
      return null;
    },
    nameless: (hook, record, position) => announce({ plugin: NO_PLUGIN, hook, record, position }),
  };
}
