import { environment } from '../environment.ts';
import { parseConfiguration } from './configuration.ts';
import { wireAdmin } from './wire.ts';

export const handler = wireAdmin(parseConfiguration(environment), environment);
