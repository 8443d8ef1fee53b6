import type { Causes } from '../causes.ts';
import { hookErrorFrom } from '../hook-error.ts';
import type { PendingWork } from '../pending-work.ts';
import type { HookError } from '../protocol.ts';
import type { RealmValues } from '../realm-values.ts';

/** What `createBuffer` of `@posthog/plugin-contrib` gives. */
export interface PluginBuffer {
  /** Adds an object that counts as so many points. Flushes first if the points would go beyond the limit, and after if they do. */
  add(value: unknown, points?: number): void;
  /** Hands all that is in the buffer to `onFlush`; does nothing when there is nothing. Rejects with what `onFlush` throws. */
  flush(): Promise<void>;
}

export interface PluginBufferOptions {
  /** Points; default 10. */
  limit?: number;
  /** How long the first object may wait; default 60. A batch ends, and flushes, earlier as a rule. */
  timeoutSeconds?: number;
  onFlush?: (objects: unknown, points: number) => unknown;
}

/** The buffers of all plugins of this process. Only those that hold something are known here, so a plugin may make one for each event. */
export interface PluginBuffers {
  /** The `createBuffer` of one plugin config. */
  creator(plugin: number, realm: RealmValues): (options?: PluginBufferOptions) => PluginBuffer;
  isEmpty(): boolean;
  /** Begins to flush every buffer that holds something. What `onFlush` throws becomes the plugin's error. */
  flush(announce?: (plugin: number) => Promise<void>): Promise<void>;
  /** Makes it the plugins' error that something is left, and leaves it for the next flush. */
  reportLeft(): void;
}

export interface PluginBuffersDeps {
  work: PendingWork;
  causes: Pick<Causes, 'forAll'>;
  onError: (plugin: number, error: HookError) => void;
  timeoutError: () => Error;
  /** How long `onFlush` may take before that is the plugin's error. */
  limitMilliseconds: number;
}

interface Waiting {
  plugin: number;
  count(): number;
  flush(): void;
}

export function createPluginBuffers(deps: PluginBuffersDeps): PluginBuffers {
  const { work, causes, onError, timeoutError, limitMilliseconds } = deps;
  const waiting = new Set<Waiting>();

  /** For flushes that nobody awaits. */
  const inBackground = (plugin: number, flush: () => Promise<void>): void => {
    const fail = (error: unknown) => onError(plugin, hookErrorFrom(error, 'onFlush'));
    const late = setTimeout(() => fail(timeoutError()), limitMilliseconds);
    void work
      .track(flush())
      .catch(fail)
      .finally(() => clearTimeout(late));
  };

  return {
    creator: (plugin, realm) =>
      realm.wrap('createBuffer', ({ limit = 10, timeoutSeconds = 60, onFlush }: PluginBufferOptions = {}) => {
        let objects: unknown[] = [];
        let points = 0;
        let timer: NodeJS.Timeout | undefined;

        const flush = async (): Promise<void> => {
          clearTimeout(timer);
          timer = undefined;
          waiting.delete(self);
          if (objects.length === 0) return;
          const [full, sum] = [objects, points];
          objects = [];
          points = 0;
          const list = realm.list([]) as unknown[];
          for (const value of full) list.push(value);
          await causes.forAll(() => onFlush?.(list, sum));
        };
        const flushAlone = () => inBackground(plugin, flush);
        const self: Waiting = { plugin, count: () => objects.length, flush: flushAlone };

        return realm.object({
          add: realm.wrap('buffer.add', (value: unknown, pointsOfIt = 1) => {
            if (points !== 0 && points + pointsOfIt > limit) flushAlone();
            points += pointsOfIt;
            objects.push(value);
            waiting.add(self);
            if (points > limit) flushAlone();
            else timer ??= setTimeout(flushAlone, timeoutSeconds * 1000);
          }),
          flush: realm.method('buffer.flush', () => work.track(flush())),
        });
      }),

    isEmpty: () => waiting.size === 0,

    async flush(announce) {
      for (const buffer of Array.from(waiting)) {
        await announce?.(buffer.plugin);
        buffer.flush();
        // What does not come back does its harm while its name is the last announced.
        if (announce !== undefined) await new Promise((resolve) => setImmediate(resolve));
      }
    },

    reportLeft() {
      for (const { plugin, count } of waiting) {
        const message = `onFlush has added to a buffer again and again: ${count()} objects wait for the next batch`;
        onError(plugin, { hook: 'onFlush', name: 'Error', message, retry: false });
      }
    },
  };
}
