import type { LoadOutcome, TryLoad } from '../plugins/try-load.ts';
import type { LoadResult } from '../sandbox/protocol.ts';
import { ChildDeath, openChildSession, type Services, type SessionOptions } from './child-session.ts';
import { deathName } from './strikes.ts';

export type TryLoadOptions = Omit<SessionOptions, 'services'>;

/** There is only one plugin in the child, of no project. */
const TRIED = { id: 1, teamId: 0, config: {}, allowedHosts: [] };

/** Beside the time that the code may take: to start the child, and to see what the code leaves behind. */
const MARGIN_SECONDS = 20;

/**
 * Tries plugins, each in a child of a plugin host of its own that ends with the attempt: whatever the code does there is gone
 * with it. It may not connect anywhere, and what it captures goes nowhere.
 */
export function createTryLoad(options: TryLoadOptions): TryLoad {
  const limitSeconds = (2 * options.configure.hookTimeoutMilliseconds) / 1000 + MARGIN_SECONDS;
  return async (plugin) => {
    const session = openChildSession({ ...options, services: NOTHING });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      void session.close();
    }, limitSeconds * 1000);
    try {
      const { results } = await session.load({
        plugins: [{ ...TRIED, ...plugin }],
        remove: [],
        chains: [],
        careful: true,
        withoutSetup: true,
      });
      return outcomeOf(results[0]);
    } catch (error) {
      if (isLate)
        return { error: { name: 'TimeoutError', message: `It was not loaded after ${limitSeconds} seconds` } };
      return { error: blame(error) };
    } finally {
      clearTimeout(timer);
      await session.close();
    }
  };
}

/** What code says before any hook of it is called is for nobody. */
const NOTHING: Services = async (service) => {
  if (service === 'capture') return null;
  throw new Error(`${service} is not there while a plugin is tried`);
};

function outcomeOf(result: LoadResult | undefined): LoadOutcome {
  if (result?.capabilities !== undefined) return { capabilities: result.capabilities, metrics: result.metrics ?? {} };
  const { name = 'Error', message = 'It was not loaded', stack } = result?.error ?? {};
  return { error: { name, message, ...(stack === undefined ? {} : { stack }) } };
}

/** A child that ends before it has begun with the plugin is nobody's fault but the machine's. */
function blame(error: unknown): { name: string; message: string } {
  if (!(error instanceof ChildDeath) || (error.cause === 'exit' && error.running === null)) throw error;
  return { name: deathName(error), message: error.message };
}
