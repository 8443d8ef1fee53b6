import { join } from 'node:path';
import { environment } from '../environment.ts';
import { withShutdown } from '../with-shutdown.ts';
import { parseConfiguration } from './configuration.ts';
import { wireRetryExport } from './wire.ts';

export const handler = await withShutdown(
  environment['AWS_LAMBDA_RUNTIME_API'],
  wireRetryExport(parseConfiguration(environment), environment, join(import.meta.dirname, 'sandbox.mjs')),
);
