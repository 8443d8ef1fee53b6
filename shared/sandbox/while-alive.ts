import type { ChainRunner } from '../pipeline/chain.ts';
import type { FrameWriter } from './frames.ts';
import { type Configure, FRAME, type Running } from './protocol.ts';
import { type LeftoverDeps, settleLeftovers } from './settle-leftovers.ts';

export interface WhileAliveDeps extends Omit<LeftoverDeps, 'announce'> {
  configure: Pick<Configure, 'hookTimeoutMilliseconds' | 'aliveEveryMilliseconds'>;
  runner: Pick<ChainRunner, 'tick'>;
  writer: FrameWriter;
}

/**
 * Runs `step` while telling the parent that this process is alive, then waits for what plugins left behind, not for long after `end`.
 * In a careful run the parent hears whose buffer is flushed. Resolves to why nothing of this may be acknowledged, if there is a reason.
 */
export type WhileAlive = (step: () => Promise<void>, careful: boolean, end?: number) => Promise<string | undefined>;

export function createWhileAlive({ configure, runner, writer, ...leftovers }: WhileAliveDeps): WhileAlive {
  const { hookTimeoutMilliseconds: limit, aliveEveryMilliseconds } = configure;
  const announce = async (plugin: number): Promise<void> => {
    writer.sendJson(FRAME.running, { plugin, hook: 'onFlush', record: -1, position: -1 } satisfies Running);
    await writer.drained();
  };
  return async (step, careful, end = Number.POSITIVE_INFINITY) => {
    const ticksPerLimit = Math.ceil(limit / aliveEveryMilliseconds);
    const timer = setInterval(() => {
      writer.sendJson(FRAME.alive, {});
      runner.tick(ticksPerLimit);
    }, aliveEveryMilliseconds);
    try {
      await step();
      await settleLeftovers(
        { ...leftovers, ...(careful ? { announce } : {}) },
        Math.max(limit / 10, Math.min(limit, end - leftovers.clock())),
      );
      return undefined;
    } catch (error) {
      return (error as Error).message;
    } finally {
      clearInterval(timer);
    }
  };
}
