import type { Scenario } from '../scenario.ts';
import { coldDeliveries, deliveries } from './deliveries.ts';
import { events } from './events.ts';
import { coldJobs, jobs } from './jobs.ts';
import { schedules } from './schedules.ts';
import { setups } from './setups.ts';

/** What a scenario knows of what it has sent is its own business. */
export const SCENARIOS = [events, setups, deliveries, coldDeliveries, jobs, coldJobs, schedules] as Scenario[];
