import type { Capabilities } from './protocol.ts';
import { type ExportPlaces, findExport } from './realm.ts';

/** A function that a plugin exports; every hook gets `meta` as its last argument. */
export type Hook = (...parameters: unknown[]) => unknown;

/** The hooks that the host knows. Any other export is the plugin's own business. */
const METHODS = [
  'setupPlugin',
  'teardownPlugin',
  'processEvent',
  'onEvent',
  'onSnapshot',
  'exportEvents',
  'composeWebhook',
  'getSettings',
];

const SCHEDULED = 'runEvery';
const JOB = 'job ';

/** What a plugin can do, as far as the host calls it. */
export interface ExportedHooks {
  capabilities: Capabilities;
  /** By the name under which a call asks for it: an exported name, or `job <name>`. */
  find(name: string): Hook | null;
}

/**
 * Finds a plugin's hooks among its exports: any truthy value counts, as it did in PostHog.
 *
 * @param prepare makes of a hook what is to be called, once for each time it is asked for.
 */
export function exportedHooks(places: ExportPlaces, prepare: (name: string, hook: Hook) => Hook): ExportedHooks {
  const exported = (name: string) => (findExport(places, name) as Hook | undefined) ?? null;
  const processEvent = exported('processEvent') ?? oneByOne(exported('processEventBatch'));
  const jobs = jobsOf(places);
  const methods = METHODS.filter((name) => (name === 'processEvent' ? processEvent : exported(name)) !== null);
  const scheduledTasks = namesOf(places).filter(
    (name) => name.startsWith(SCHEDULED) && typeof exported(name) === 'function',
  );
  const look = (name: string): Hook | null => {
    if (name === 'processEvent') return processEvent;
    if (!name.startsWith(JOB)) return exported(name);
    const job = jobs.get(name.slice(JOB.length));
    // Anything but a function is the name of another export.
    return typeof job === 'function' || job === undefined ? ((job as Hook | undefined) ?? null) : exported(String(job));
  };
  return {
    capabilities: { methods, jobs: [...jobs.keys()], scheduledTasks },
    find(name) {
      const hook = look(name);
      return hook === null ? null : prepare(name, hook);
    },
  };
}

/** The union of `jobs` over all places to look; the first place has the last word. */
function jobsOf(places: ExportPlaces): Map<string, unknown> {
  const jobs = places.map((place) => place['jobs']).filter((value) => typeof value === 'object' && value !== null);
  return new Map(jobs.reverse().flatMap((own) => Object.entries(own as Record<string, unknown>)));
}

/** Also of an object that is made by a class, whose methods lie on its prototype. */
function namesOf(places: ExportPlaces): string[] {
  const names = new Set<string>();
  for (const place of places) {
    for (let owner: object | null = place; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
      for (const name of Object.getOwnPropertyNames(owner)) names.add(name);
    }
  }
  return [...names];
}

/** A plugin of the first generation has only `processEventBatch`: it gets each event in a batch of one. */
function oneByOne(processEventBatch: Hook | null): Hook | null {
  if (processEventBatch === null) return null;
  return async (event, meta) => ((await processEventBatch([event], meta)) as unknown[] | undefined)?.[0];
}
