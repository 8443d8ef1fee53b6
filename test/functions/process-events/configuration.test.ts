import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfiguration } from '../../../functions/process-events/configuration.ts';
import { LOCAL_CONTEXT } from '../../../local/local-settings.ts';
import { startLocalStack } from '../../../local/start-local-stack.ts';
import { synthesiseOnce, temporaryDirectory } from '../../support/local-stack.ts';

const ENVIRONMENT = {
  HOGLET_INGESTION_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/Hoglet-ingestion',
  HOGLET_DELIVERIES_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/Hoglet-deliveries',
  HOGLET_TASKS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/Hoglet-tasks',
  HOGLET_EVENTS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/Hoglet-events',
  HOGLET_CAPTURE_HOP_LIMIT: '10',
  HOGLET_EVENTS_DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/Hoglet-events-dead-letters',
  HOGLET_LIFECYCLE_BUS: 'Hoglet-lifecycle',
  HOGLET_REGISTRY_TABLE: 'registry',
  HOGLET_STATE_TABLE: 'state',
  HOGLET_ASSETS_BUCKET: 'assets',
  HOGLET_GEOIP_DATABASE: 'geoip/City.mmdb',
  HOGLET_SECRETS_KEY: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:Key-a1b2c3',
  HOGLET_INGESTION_FORMAT: 'packed',
  HOGLET_HOOK_TIMEOUT_SECONDS: '30',
  HOGLET_STRIKES: '3',
  HOGLET_PLUGIN_HEAP_MEGABYTES: '1061',
  HOGLET_ALLOW_PRIVATE_NETWORKS: 'false',
  HOGLET_LOG_LEVEL: 'INFO',
  HOGLET_INGESTION_COMPRESSION: 'gzip',
};

it('reads numbers as numbers and flags as flags, and passes over what is not ours', () => {
  const configuration = parseConfiguration({ ...ENVIRONMENT, PATH: '/usr/bin' });

  expect(configuration).toMatchObject({
    HOGLET_HOOK_TIMEOUT_SECONDS: 30,
    HOGLET_STRIKES: 3,
    HOGLET_ALLOW_PRIVATE_NETWORKS: false,
    HOGLET_INGESTION_FORMAT: 'packed',
  });
  expect(configuration).not.toHaveProperty('PATH');
});

it('lists all that is missing or wrong in one error, with what was got', () => {
  const { HOGLET_STATE_TABLE: _, ...rest } = ENVIRONMENT;
  const parse = () =>
    parseConfiguration({
      ...rest,
      HOGLET_REGISTRY_TABLE: '',
      HOGLET_INGESTION_QUEUE_URL: 'ingestion',
      HOGLET_INGESTION_FORMAT: 'xml',
      HOGLET_STRIKES: '1.5',
      HOGLET_ALLOW_PRIVATE_NETWORKS: 'yes',
    });

  expect(parse).toThrow('6 environment variable(s) are missing or wrong');
  for (const line of [
    '- HOGLET_STATE_TABLE: missing',
    '- HOGLET_REGISTRY_TABLE: got ""; must not be empty',
    '- HOGLET_INGESTION_QUEUE_URL: got "ingestion"; a queue URL is expected',
    '- HOGLET_INGESTION_FORMAT: got "xml"; ',
    '- HOGLET_STRIKES: got "1.5"; a whole number is expected',
    '- HOGLET_ALLOW_PRIVATE_NETWORKS: got "yes"; ',
    'npm run deploy',
  ])
    expect(parse).toThrow(line);
  expect(parse).not.toThrow('HOGLET_LOG_LEVEL');
});

it('ends the init of the deployed bundle with that error, before any event is taken', async () => {
  await using directory = await temporaryDirectory();
  await cp(await synthesiseOnce(LOCAL_CONTEXT), directory.path, { recursive: true });
  const name = (await readdir(directory.path)).find((file) => file.endsWith('.template.json')) as string;
  const path = join(directory.path, name);
  const template = JSON.parse(await readFile(path, 'utf8')) as {
    Resources: Record<string, { Properties: { Environment?: { Variables: Record<string, unknown> } } }>;
  };
  const variables = Object.entries(template.Resources)
    .filter(([id]) => id.startsWith('ProcessEventsFunction'))
    .flatMap(([, { Properties }]) => Properties?.Environment?.Variables ?? [])[0] as Record<string, unknown>;
  delete variables['HOGLET_STRIKES'];
  variables['HOGLET_LOG_LEVEL'] = 'LOUD';
  await writeFile(path, JSON.stringify(template));
  const stack = await startLocalStack({ assemblyDirectory: directory.path });

  await using _ = { [Symbol.asyncDispose]: () => stack.stop() };

  const processEvents = stack.functions.find(({ name: each }) => each.includes('ProcessEvents'));
  const result = await processEvents?.invoke('{"Records":[]}');

  expect(result).toMatchObject({
    error: { errorMessage: expect.stringMatching(/HOGLET_STRIKES: missing[^]*HOGLET_LOG_LEVEL: got "LOUD"/) },
  });
});
