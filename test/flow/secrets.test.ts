import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { createSecretReader } from '../../shared/aws/secret-value.ts';
import { buildPlugin } from '../../shared/plugins/build.ts';
import { createPluginConfigStore } from '../../shared/registry/plugin-config-store.ts';
import { createPluginStore } from '../../shared/registry/plugin-store.ts';
import { createProjectStore } from '../../shared/registry/project-store.ts';
import { createDataKeys } from '../../shared/secrets/data-keys.ts';
import { createSecrets } from '../../shared/secrets/secrets.ts';
import { type FlowStack, startFlowStack } from '../support/flow-stack.ts';
import { type HttpSink, startHttpSink } from '../support/http-sink.ts';
import { eventOf } from '../support/plugin-host.ts';

let flow: FlowStack;
let posthog: HttpSink;
beforeAll(async () => {
  posthog = await startHttpSink();
  flow = await startFlowStack({ allowPrivateNetworks: true });
});
afterAll(async () => {
  await flow[Symbol.asyncDispose]();
  await posthog[Symbol.asyncDispose]();
});

/** Nothing but what is planted begins like this. */
const PLANTED = 'planted0secret';

const CODE = `
  const { createHash } = require('crypto');
  exports.processEvent = async (event, { config }) => {
    event.properties.key = createHash('sha256').update(config.apiKey).digest('hex');
    await posthog.api.post('/api/events', { data: { from: 'plugin' } });
    if (event.event === 'fail') throw new Error('no');
    return event;
  };`;

/** The stores of the registry, as the admin API has them. */
function connect() {
  const { region, credentials, endpoints } = flow.place;
  const clients = createAwsClients({ region, credentials, endpoints });
  const secretId = flow.outputs['SecretsKeyArn'] as string;
  const readSecret = createSecretReader({ secretId, endpoint: endpoints.secretsmanager, region, credentials });
  const keys = createDataKeys({ readSecret, clock: () => performance.now() });
  const deps = {
    ...clients,
    table: flow.outputs['RegistryTableName'] as string,
    bucket: flow.outputs['AssetsBucketName'] as string,
    now: () => Date.now(),
    newId: randomUUID,
    randomBytes,
    secrets: createSecrets({ keys, randomBytes }),
  };
  return {
    dynamodb: clients.dynamodb,
    keysClient: new SecretsManagerClient({ region, credentials, endpoint: endpoints.secretsmanager }),
    secretId,
    projects: createProjectStore(deps),
    plugins: createPluginStore(deps),
    configs: createPluginConfigStore(deps),
  };
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

it('secrets reach the plugin and its PostHog, and nothing that is stored, logged or shown has them; a rotated key reads them all', async () => {
  const { projects, plugins, configs, ...aws } = connect();
  const [apiKey, later, personalApiKey, sourceToken] = ['a', 'b', 'c', 'd'].map((end) => `${PLANTED}${end}`) as [
    string,
    string,
    string,
    string,
  ];
  const project = await projects.create({ name: 'Shop', posthogHost: posthog.url, personalApiKey });
  const manifest = { name: 'Keeper', config: [{ key: 'apiKey', secret: true, required: true }] };
  const built = await buildPlugin(
    new Map([
      ['plugin.json', JSON.stringify(manifest)],
      ['index.js', CODE],
    ]),
  );
  const source = { kind: 'gitlab', url: `https://gitlab.example/a/b?private_token=${sourceToken}` };
  const version = { built, source, marker: '1', archive: null, installedBy: null };
  const plugin = await plugins.create(version, sourceToken);
  const shown: unknown[] = [project, plugin];
  const config = await configs.create(
    { projectId: project.id, pluginId: plugin.id },
    { enabled: true, values: { apiKey } },
  );
  const run = async (event: string) => {
    const body = JSON.stringify(eventOf({ uuid: randomUUID(), team_id: project.id, event }));
    return (await flow.run([body])).events.map(({ properties }) => properties?.['key']);
  };

  const before = await run('pass');
  const { SecretString = '' } = await aws.keysClient.send(new GetSecretValueCommand({ SecretId: aws.secretId }));
  const rotated = { ...(JSON.parse(SecretString) as object), current: 'k2', k2: randomBytes(48).toString('base64url') };
  await aws.keysClient.send(
    new PutSecretValueCommand({ SecretId: aws.secretId, SecretString: JSON.stringify(rotated) }),
  );
  const afterRotation = connect();
  shown.push(await afterRotation.configs.update(config.id, { values: { apiKey: later } }));
  const after = await run('fail');
  shown.push(await afterRotation.configs.list(project.id), await projects.list(), await plugins.list());

  expect([before, after]).toEqual([[hash(apiKey)], [hash(later)]]);
  const asked = posthog.received.get(`/api/events?token=${project.token}`);
  expect(asked).toEqual([{ from: 'plugin' }, { from: 'plugin' }]);
  const tables = await Promise.all(
    ['RegistryTableName', 'StateTableName'].map((output) =>
      aws.dynamodb.send(new ScanCommand({ TableName: flow.outputs[output] })),
    ),
  );
  const stored = JSON.stringify(tables.map(({ Items }) => Items));
  expect(stored).toMatch(/v1\.k1\./);
  expect(stored).toMatch(/v1\.k2\./);
  const told = JSON.stringify([shown, flow.logLines]);
  expect(told).toContain('Keeper');
  for (const form of [PLANTED, ...['', ' ', '  '].map(base64Of)]) {
    expect(stored).not.toContain(form);
    expect(told).not.toContain(form);
  }
});

/** What of the planted text is the same in base64, wherever it begins. */
function base64Of(before: string): string {
  const text = Buffer.from(`${before}${PLANTED}`).toString('base64');
  return text.slice(4, -4);
}
