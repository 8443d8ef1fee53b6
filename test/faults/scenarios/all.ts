import type { Scenario } from '../scenario.ts';
import { captures } from './captures.ts';
import { changes } from './changes.ts';
import { coldDeliveries, deliveries } from './deliveries.ts';
import { events } from './events.ts';
import { coldJobs, jobs } from './jobs.ts';
import { schedules } from './schedules.ts';
import { setups } from './setups.ts';
import { sweeps } from './sweeps.ts';
import { updates } from './updates.ts';

/** What a scenario knows of what it has sent is its own business. */
export const SCENARIOS = [
  events,
  captures,
  setups,
  deliveries,
  coldDeliveries,
  jobs,
  coldJobs,
  schedules,
  sweeps,
  changes,
  updates,
] as Scenario[];
