import { environment } from '../environment.ts';
import { parseConfiguration } from './configuration.ts';
import { wireSweepState } from './wire.ts';

export const handler = wireSweepState(parseConfiguration(environment), environment);
