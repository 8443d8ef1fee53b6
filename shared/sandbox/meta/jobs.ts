import { deriveUuid } from '../../event/event-uuid.ts';
import type { Causes } from '../causes.ts';
import type { RealmValues } from '../realm-values.ts';
import type { EnqueuedJob } from '../service-calls.ts';
import { jobDelayMilliseconds, jobTime } from './job-time.ts';
import type { Outbox } from './outbox.ts';

/** What one job may carry, bytes of JSON, and how long its name may be. */
const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;
const MAX_NAME_CHARACTERS = 1000;

export interface JobsDeps {
  /** The plugin config's id. */
  plugin: number;
  outbox: Outbox<EnqueuedJob>;
  causes: Pick<Causes, 'hops' | 'uuid'>;
  realm: RealmValues;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * `meta.jobs`: `jobs.<name>(payload)` gives `runNow`, `runIn` and `runAt`. Any name is taken; one that the plugin does not export fails
 * when it is run.
 */
export function createJobs({ plugin, outbox, causes, realm, now }: JobsDeps): object {
  const jobOf = (name: string) => (payload?: unknown) => {
    const enqueue = async (runAt: number): Promise<void> => {
      // As it is now: what the plugin changes later is not the job's.
      const text = JSON.stringify(payload) as string | undefined;
      refuseLarge(name, text);
      const captureHops = causes.hops(plugin);
      const cause = causes.uuid(plugin, () => ['job', name, deriveUuid(text ?? '', 0)]);
      outbox.add({
        plugin,
        name,
        ...(text === undefined ? {} : { payload: text }),
        runAt,
        ...(captureHops > 0 && { captureHops }),
        ...(cause !== null && { cause }),
      });
    };
    return realm.object({
      runNow: realm.method(`jobs.${name}.runNow`, () => enqueue(now())),
      runIn: realm.method(`jobs.${name}.runIn`, async (duration: unknown, unit: unknown) =>
        enqueue(now() + jobDelayMilliseconds(duration, unit)),
      ),
      runAt: realm.method(`jobs.${name}.runAt`, async (date: unknown) => enqueue(jobTime(date))),
    });
  };

  const jobs = new Map<string, unknown>();
  return new Proxy(realm.object({}), {
    get(target, name, receiver) {
      // `then` would make a promise of what plugins may return or await.
      if (typeof name === 'symbol' || name === 'then') return Reflect.get(target, name, receiver);
      const job = jobs.get(name) ?? realm.wrap(`jobs.${name}`, jobOf(name));
      jobs.set(name, job);
      return job;
    },
  });
}

function refuseLarge(name: string, payload = ''): void {
  if (name.length > MAX_NAME_CHARACTERS)
    throw new Error(`The name of a job has ${name.length} characters; at most ${MAX_NAME_CHARACTERS} are allowed`);
  const bytes = Buffer.byteLength(payload);
  if (bytes > MAX_PAYLOAD_BYTES)
    throw new Error(
      `The payload of job "${name}" has ${bytes} bytes as JSON; at most ${MAX_PAYLOAD_BYTES} are allowed. Keep it elsewhere, and give the job where it is.`,
    );
}
