import { join } from 'node:path';
import { environment } from '../environment.ts';
import { withShutdown } from '../with-shutdown.ts';
import { parseConfiguration } from './configuration.ts';
import { wireProcessEvents } from './wire.ts';

export const handler = await withShutdown(
  environment['AWS_LAMBDA_RUNTIME_API'],
  wireProcessEvents(parseConfiguration(environment), environment, join(import.meta.dirname, 'sandbox.mjs')),
);
