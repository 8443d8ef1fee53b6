import type { FollowedRegistry } from './follow-registry.ts';

type Told = Pick<FollowedRegistry, 'recordLoad' | 'recordError' | 'disable'>;

/** A registry that is told again what it did not take. */
export interface PatientRegistry {
  /** Tells again what failed, the latest of each plugin config; of those that are gone nothing. Never throws: what fails again is told another time. */
  tellAgain(exists: (pluginConfigId: number) => boolean): Promise<void>;
}

/** Remembers what the registry did not take of how plugin configs fare. Whoever has told it hears of the failure all the same. */
export function withTellingAgain<Registry extends Told>(
  registry: Registry,
  onFailure: (pluginConfigId: number, error: Error) => void,
): Registry & PatientRegistry {
  const untold = new Map<number, () => Promise<unknown>>();
  const tell = async <Answer>(id: number, send: () => Promise<Answer>): Promise<Answer> => {
    untold.delete(id);
    return send().catch((error: unknown) => {
      untold.set(id, send);
      throw error;
    });
  };
  return {
    ...registry,
    recordLoad: (id, load) => tell(id, () => registry.recordLoad(id, load)),
    recordError: (id, error) => tell(id, () => registry.recordError(id, error)),
    // Says for itself whether it is still about what there is.
    disable: (id, revision, error) => tell(id, () => registry.disable(id, revision, error)),
    async tellAgain(exists) {
      const open = [...untold];
      for (const [id, send] of open) {
        if (exists(id)) await tell(id, send).catch((error: unknown) => onFailure(id, error as Error));
        else untold.delete(id);
      }
    },
  };
}
