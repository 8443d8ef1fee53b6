import { environment } from '../environment.ts';
import { parseConfiguration } from './configuration.ts';
import { wireScheduleTasks } from './wire.ts';

export const handler = wireScheduleTasks(parseConfiguration(environment), environment);
