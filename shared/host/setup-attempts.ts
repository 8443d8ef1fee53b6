import type { PluginConfig, SetupAttempts } from '../registry/plugin-config.ts';
import type { RegistrySetups } from '../registry/registry-setups.ts';

/** Attempts in all, and the first delay: 3, 6, 12 … 768 s, 25.5 minutes together, as PostHog did it. */
export const MAX_ATTEMPTS = 10;
const FIRST_DELAY_MILLISECONDS = 3000;

/** The plan as of an attempt that begins now: the first one of a revision when none was made before. The last attempt's lease is as long as the delay before it. */
export function nextSetupAttempt(before: Omit<SetupAttempts, 'nextAt'>, now: number): SetupAttempts {
  const made = before.made + 1;
  const doublings = Math.min(made, MAX_ATTEMPTS - 1) - 1;
  return { revision: before.revision, made, nextAt: now + FIRST_DELAY_MILLISECONDS * 2 ** doublings };
}

export interface SetupAttemptsDeps {
  registry: Pick<RegistrySetups, 'recordFirstFailure' | 'claimAttempt'>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told when the registry does not take an attempt; plugins then wait, events do not. */
  onRefusal(pluginConfigId: number, error: Error): void;
}

/**
 * Knows which plugin configs wait to be set up again. Environments share the attempts: whoever finds one due claims it before it is made,
 * and moves the next one on with that, so a process that dies holds up nobody. The others look again when that one is due.
 */
export interface SetupAttemptsTracker {
  /** Takes over what the registry says of plugin configs that do not run here. */
  follow(configs: readonly PluginConfig[]): void;
  /** Whether the plugin config must not be set up now. */
  isWaiting(config: PluginConfig): boolean;
  /** Claims what is due. Gives those that may be set up now, and those whose attempts are used up. Never throws. */
  claimDue(configs: ReadonlyMap<number, PluginConfig>): Promise<{ ready: PluginConfig[]; exhausted: PluginConfig[] }>;
  /** After a setup that asked to be tried again. Gives what is known of the attempts then, null when there were enough. Never throws. */
  failed(config: PluginConfig): Promise<SetupAttempts | null>;
  /** Forgets the attempts. Says whether there were any. */
  forget(pluginConfigId: number): boolean;
}

export function createSetupAttempts({ registry, now, onRefusal }: SetupAttemptsDeps): SetupAttemptsTracker {
  /** `mine`: this environment has claimed the last attempt, and has not heard of its end. */
  const known = new Map<number, { attempts: SetupAttempts; mine: boolean }>();
  const wait = (id: number, attempts: SetupAttempts) => void known.set(id, { attempts, mine: false });
  /** The attempts of the config as it is now; of an earlier revision they mean nothing. */
  const attemptsOf = (config: PluginConfig) => {
    const entry = known.get(config.id);
    return entry?.attempts.revision === config.revision ? entry : undefined;
  };
  /** When the registry cannot be asked, or knows of a newer revision: looks again soon. */
  const soon = (attempts: SetupAttempts): SetupAttempts => ({ ...attempts, nextAt: now() + FIRST_DELAY_MILLISECONDS });

  const claim = async (config: PluginConfig, before: SetupAttempts): Promise<boolean> => {
    const next = nextSetupAttempt(before, now());
    try {
      const outcome = await registry.claimAttempt(config.id, before, next);
      if (outcome.won) known.set(config.id, { attempts: next, mine: true });
      // Taken back after a success somewhere: here it may be set up as if for the first time.
      else if (outcome.stored === null) known.delete(config.id);
      else wait(config.id, outcome.stored.revision === config.revision ? outcome.stored : soon(before));
    } catch (error) {
      wait(config.id, soon(before));
      onRefusal(config.id, error as Error);
    }
    return attemptsOf(config)?.mine !== false;
  };

  return {
    follow(configs) {
      const ids = new Set(configs.map(({ id }) => id));
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
      for (const { id, revision, setup } of configs) {
        const entry = known.get(id);
        const isMine = entry?.mine === true && entry.attempts.made === setup?.made;
        if (setup?.revision !== revision) known.delete(id);
        else if (!isMine) wait(id, setup);
      }
    },

    isWaiting: (config) => attemptsOf(config)?.mine === false,

    async claimDue(configs) {
      const due = [...known].flatMap(([id, { attempts, mine }]) => {
        const config = configs.get(id);
        return mine || attempts.nextAt > now() || config === undefined ? [] : [{ config, attempts }];
      });
      const exhausted = due.filter(({ attempts }) => attempts.made >= MAX_ATTEMPTS).map(({ config }) => config);
      const claims = await Promise.all(
        due.map(async ({ config, attempts }) =>
          attempts.made < MAX_ATTEMPTS && (await claim(config, attempts)) ? [config] : [],
        ),
      );
      return { ready: claims.flat(), exhausted };
    },

    async failed(config) {
      const entry = attemptsOf(config);
      if (entry !== undefined) {
        wait(config.id, entry.attempts);
        return entry.attempts.made >= MAX_ATTEMPTS ? null : entry.attempts;
      }
      const first = nextSetupAttempt({ revision: config.revision, made: 0 }, now());
      wait(config.id, first);
      try {
        const outcome = await registry.recordFirstFailure(config.id, first);
        // Another environment has failed before: that was the same attempt.
        if (!outcome.won && outcome.stored?.revision === config.revision) wait(config.id, outcome.stored);
      } catch (error) {
        onRefusal(config.id, error as Error);
      }
      return known.get(config.id)?.attempts ?? first;
    },

    forget: (id) => known.delete(id),
  };
}
