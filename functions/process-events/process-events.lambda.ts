import { join } from 'node:path';
import { environment } from '../environment.ts';
import { parseConfiguration } from './configuration.ts';
import { wireProcessEvents } from './wire.ts';

export const handler = wireProcessEvents(
  parseConfiguration(environment),
  environment,
  join(import.meta.dirname, 'sandbox.mjs'),
);
