import type { Deliver, Delivered, DeliveryMessageHead } from '../sandbox/delivery.ts';
import { HostFailure } from './batch-output.ts';
import { MAX_NAMELESS_DEATHS } from './child-keeper.ts';
import { ChildDeath, type DeliveryRest, type EndedExport } from './child-session.ts';
import type { RunDeps } from './run-batch.ts';
import { softLimitMilliseconds } from './soft-limit.ts';
import { deathName, type Verdict } from './strikes.ts';

/** A message with events for one plugin config. */
export interface IncomingDelivery extends DeliveryMessageHead {
  body: string;
  /** How many events its sender put in; unknown when nobody says. */
  events?: number | undefined;
}

export interface DeliveryResult extends Delivered {
  /** Each call of `exportEvents`, those before a death of the child included. */
  exports: EndedExport[];
  /** Events for which there was no time: to be sent on before their messages are acknowledged. */
  rests: DeliveryRest[];
  /** Plugins that have killed the host too often: to be disabled. Their messages are unfinished. */
  verdicts: Verdict[];
}

/** Delivers to the end, whoever ends the child meanwhile. @throws as `PluginHost.deliver`. */
export async function runDeliveries(
  deliveries: IncomingDelivery[],
  deadline: number,
  { keeper, strikes, options }: RunDeps,
): Promise<DeliveryResult> {
  const skips: Deliver['skips'] = [];
  const exports: EndedExport[] = [];
  const verdicts = new Map<number, Verdict>();

  for (let nameless = 0; ; ) {
    const careful = nameless > 0 || skips.length > 0 || verdicts.size > 0;
    try {
      const delivered = await keeper.work(careful, deadline, async (session) => {
        const order: Deliver = {
          messages: deliveries.map(({ plugin, only, round, hops }) => ({ plugin, only, round, hops })),
          careful,
          skips,
          ended: exports.map(({ record, position, events }) => ({ record, position, events })),
          suspended: [...verdicts.keys()],
          softLimitMilliseconds: softLimitMilliseconds(
            deadline - options.clock(),
            options.configure.hookTimeoutMilliseconds,
          ),
        };
        const bodies = deliveries.map(({ body }) => body);
        const output = await session.deliver(order, bodies, (ended) => void exports.push(ended));
        if (output.failure !== undefined) throw new HostFailure(output.failure);
        return output;
      });
      checkDeliveries(delivered, exports, deliveries);
      return { ...delivered, exports, verdicts: [...verdicts.values()] };
    } catch (error) {
      // Past the deadline the child was ended by us, so its death blames nobody.
      if (!(error instanceof ChildDeath) || options.clock() >= deadline) throw error;
      if (error.running === null) {
        if (++nameless >= MAX_NAMELESS_DEATHS) throw error;
        continue;
      }
      const { hook, record, position } = error.running;
      const verdict = strikes.add(error, error.running);
      if (verdict !== null) verdicts.set(verdict.plugin, verdict);
      skips.push({ hook, record, position, error: { name: deathName(error), message: error.message } });
    }
  }
}

/**
 * The one rule, checked before anything is acknowledged: every event of a finished message was exported, was not to be, or is here.
 *
 * @throws HostFailure
 */
function checkDeliveries(
  { accounts, rests }: Delivered & { rests: DeliveryRest[] },
  exports: EndedExport[],
  deliveries: IncomingDelivery[],
): void {
  if (accounts.length !== deliveries.length)
    throw new HostFailure(`The plugin host accounted for ${accounts.length} of ${deliveries.length} deliveries`);
  const exported = deliveries.map(() => 0);
  for (const { parts } of exports)
    for (const { record, events } of parts) exported[record] = (exported[record] ?? 0) + events;
  const givenBack = deliveries.map(() => 0);
  for (const { record, events } of rests) givenBack[record] = (givenBack[record] ?? 0) + events;
  for (const [record, account] of accounts.entries()) {
    if (account.unfinished !== undefined) continue;
    const given = deliveries[record]?.events ?? account.events;
    const isWhole =
      account.events === given && account.events === account.exported + account.notExported + account.givenBack;
    if (!isWhole || account.exported !== exported[record] || account.givenBack !== givenBack[record]) {
      const told = JSON.stringify({ given, exported: exported[record], account });
      throw new HostFailure(`The plugin host's account of a delivery does not add up: ${told}`);
    }
  }
}
