import { join } from 'node:path';
import { environment } from '../environment.ts';
import { parseConfiguration } from './configuration.ts';
import { wireAdmin } from './wire.ts';

const sandboxEntry = join(import.meta.dirname, 'sandbox.mjs');

export const handler = wireAdmin(parseConfiguration(environment), environment, sandboxEntry);
