import { createDeliveryPacker } from '../event/pack-deliveries.ts';
import type { MessageWriter, PackedMessage, PackLimits } from '../event/pack-events.ts';
import type { DeliveryGroup, EventRun } from '../pipeline/event-run.ts';
import type { BatchReport } from './batch-report.ts';
import { hookErrorFrom, namedError } from './hook-error.ts';
import type { Account } from './protocol.ts';

export interface PackedDelivery extends PackedMessage {
  /** Ids of the plugin configs that get it. */
  plugins: readonly number[];
  /** How many captures have led to its events; absent for none. */
  hops?: number;
}

/** Puts events that have left their chain into messages for the plugins that wait for them, and accounts for each. */
export interface DeliveryWriter {
  /** Adds one event, already JSON. */
  add(run: EventRun, groups: readonly DeliveryGroup[], json: string): void;
  /** Finishes the messages begun, if any. */
  flush(): void;
}

export function createDeliveryWriter(
  limits: PackLimits,
  report: Pick<BatchReport, 'accounts' | 'error'>,
  emit: (message: PackedDelivery) => void,
  /** By record: how many captures have led to its events; absent when all are 0. */
  hopsByRecord?: readonly number[],
): DeliveryWriter {
  type Packers = Map<DeliveryGroup, MessageWriter>;
  const ofNoHops: Packers = new Map();
  const byHops = new Map<number, Packers>();

  const packersOf = (hops: number): Packers => {
    if (hops === 0) return ofNoHops;
    const found = byHops.get(hops) ?? new Map();
    byHops.set(hops, found);
    return found;
  };

  const packerFor = ({ plugins }: DeliveryGroup, hops: number): MessageWriter =>
    createDeliveryPacker(
      limits,
      (message) => emit({ ...message, plugins, ...(hops > 0 && { hops }) }),
      (record, _, bytes) => {
        const account = report.accounts[record] as Account;
        const message = `An event has ${bytes} bytes; no message takes it to this plugin, even compressed to ${limits.maxBodyBytes}`;
        for (const plugin of plugins) {
          count(account, plugin, -1);
          account.failed[plugin] = (account.failed[plugin] ?? 0) + 1;
          report.error(plugin, hookErrorFrom(namedError('RangeError', message), 'delivery'));
        }
      },
    );

  return {
    add(run, groups, json) {
      const account = report.accounts[run.record] as Account;
      const hops = hopsByRecord?.[run.record] ?? 0;
      const packers = packersOf(hops);
      for (const group of groups) {
        if (group.ignored.size > 0 && group.ignored.has(nameOf(run))) continue;
        let packer = packers.get(group);
        if (packer === undefined) packers.set(group, (packer = packerFor(group, hops)));
        for (const plugin of group.plugins) count(account, plugin, 1);
        packer.add(json, run.record, run.position);
      }
    },
    flush() {
      for (const packers of [ofNoHops, ...byHops.values()]) for (const packer of packers.values()) packer.flush();
    },
  };
}

function count(account: Account, plugin: number, events: number): void {
  account.deliveries ??= {};
  account.deliveries[plugin] = (account.deliveries[plugin] ?? 0) + events;
}

/** A plugin can make an event whose name throws when it is read again. */
function nameOf({ event }: EventRun): string {
  try {
    return String(event.event);
  } catch {
    return '';
  }
}
