import { environment } from '../environment.ts';
import { parseConfiguration } from './configuration.ts';
import { wireDispatchJobs } from './wire.ts';

export const handler = wireDispatchJobs(parseConfiguration(environment), environment);
