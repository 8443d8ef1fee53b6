import { join } from 'node:path';
import { environment } from '../environment.ts';
import { withShutdown } from '../with-shutdown.ts';
import { parseConfiguration } from './configuration.ts';
import { wireDeliverEvents } from './wire.ts';

export const handler = await withShutdown(
  environment['AWS_LAMBDA_RUNTIME_API'],
  wireDeliverEvents(parseConfiguration(environment), environment, join(import.meta.dirname, 'sandbox.mjs')),
);
