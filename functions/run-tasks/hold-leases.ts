import type { LastRun, TaskKey, TaskLeases } from '../../shared/state/task-leases.ts';

/** The leases of one invocation, renewed for as long as it has them. */
export interface HeldLeases {
  /** Null when somebody else has it. */
  acquire(key: TaskKey): Promise<{ lastRun: LastRun | null } | null>;
  /** Gives one back, with the run that has ended, if one has. Does not throw: it would be over soon anyway. */
  release(key: TaskKey, run?: LastRun): Promise<void>;
  /** Gives back what is left. */
  end(): Promise<void>;
}

export interface HoldLeasesDeps {
  leases: TaskLeases;
  /** Names this invocation. */
  holder: string;
  /** Does something every so often; gives what ends it. */
  every(milliseconds: number, work: () => void): () => void;
  warn(message: string, details: Record<string, unknown>): void;
}

export function holdLeases(
  { leases, holder, every, warn }: HoldLeasesDeps,
  renewEveryMilliseconds: number,
): HeldLeases {
  const held = new Map<string, TaskKey>();
  const nameOf = ({ plugin, hook }: TaskKey) => `${plugin} ${hook}`;
  const told = (what: string, { plugin, hook }: TaskKey, problem: string) =>
    warn(`The lease of ${hook} could not be ${what}: ${problem}`, { pluginConfig: plugin });

  const stop = every(renewEveryMilliseconds, () => {
    for (const key of held.values()) {
      void leases.renew(key, holder).then(
        (isMine) => void (isMine || told('renewed', key, 'it was over, and somebody else has it')),
        // One that was given back meanwhile needs no renewal.
        (error: Error) => void (held.has(nameOf(key)) && told('renewed', key, error.message)),
      );
    }
  });

  const release: HeldLeases['release'] = async (key, run) => {
    held.delete(nameOf(key));
    await leases.release(key, holder, run).catch((error: Error) => told('given back', key, error.message));
  };

  return {
    async acquire(key) {
      const lease = await leases.acquire(key, holder);
      if (lease !== null) held.set(nameOf(key), key);
      return lease;
    },
    release,
    async end() {
      stop();
      await Promise.all([...held.values()].map((key) => release(key)));
    },
  };
}
