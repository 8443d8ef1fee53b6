import { environment } from '../environment.ts';
import { parseConfiguration } from './configuration.ts';
import { wireCheckUpdates } from './wire.ts';

export const handler = wireCheckUpdates(parseConfiguration(environment), environment);
