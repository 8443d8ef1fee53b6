import { readFileSync } from 'node:fs';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { readSettings, SETTINGS } from '../../cdk/settings.ts';
import { hogletTemplate, propertiesOfThe } from './hoglet-template.ts';

function problemsOf(context: Record<string, unknown>): string {
  try {
    readSettings(context);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('The settings were taken');
}

describe('settings', () => {
  test('are the standard ones when the context says nothing', () => {
    const settings = readSettings({});

    expect(settings.stackName).toBe('Hoglet');
    expect(settings.ingestionFormat).toBe('packed');
    expect(settings.processEvents.batchSize).toBe(50);
  });

  test('of the context win over the standard ones, as text and as JSON', () => {
    const settings = readSettings({
      stackName: 'Staging',
      ingestionFormat: 'celery',
      allowPrivateNetworks: 'true',
      logLevel: 'DEBUG',
      logRetentionDays: '30',
      'processEvents.hookTimeoutSeconds': '5',
      'processEvents.memoryMegabytes': 2048,
      'ingestion.visibilityTimeoutSeconds': 60,
    });

    expect(settings).toMatchObject({
      stackName: 'Staging',
      ingestionFormat: 'celery',
      allowPrivateNetworks: true,
      logLevel: 'DEBUG',
      logRetentionDays: 30,
      processEvents: { hookTimeoutSeconds: 5, memoryMegabytes: 2048, batchSize: 50 },
      ingestion: { visibilityTimeoutSeconds: 60, maxReceiveCount: 5 },
    });
  });

  test('of the context arrive in the template', () => {
    const template = hogletTemplate({
      stackName: 'Staging',
      ingestionFormat: 'celery',
      allowPrivateNetworks: 'true',
      logLevel: 'DEBUG',
      logRetentionDays: 3,
      'ingestion.visibilityTimeoutSeconds': 60,
      'ingestion.maxReceiveCount': 9,
    });

    const environment = propertiesOfThe(template, 'AWS::Lambda::Function', 'ProcessEvents')['Environment'];
    expect(environment).toMatchObject({
      Variables: {
        HOGLET_INGESTION_FORMAT: 'celery',
        HOGLET_ALLOW_PRIVATE_NETWORKS: 'true',
        HOGLET_LOG_LEVEL: 'DEBUG',
      },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 3 });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'Staging-ingestion',
      VisibilityTimeout: 60,
      RedrivePolicy: { maxReceiveCount: 9 },
    });
  });

  test('of where plugins come from arrive at both functions that ask there, as they were given', () => {
    const template = hogletTemplate({
      'pluginSources.npmUrl': 'https://registry.example.com/npm',
      'pluginSources.githubUrl': 'https://github.example.com',
      'pluginSources.gitlabUrl': 'http://10.0.0.5:8080',
      'pluginSources.privateHosts': '10.0.0.5:8080,registry.example.com',
    });

    for (const id of ['AdminFunction', 'CheckUpdatesFunction'])
      expect(propertiesOfThe(template, 'AWS::Lambda::Function', id)['Environment']).toMatchObject({
        Variables: {
          HOGLET_SOURCES_NPM_URL: 'https://registry.example.com/npm',
          HOGLET_SOURCES_GITHUB_URL: 'https://github.example.com',
          HOGLET_SOURCES_GITLAB_URL: 'http://10.0.0.5:8080',
          HOGLET_SOURCES_PRIVATE_HOSTS: '10.0.0.5:8080,registry.example.com',
        },
      });
  });

  test.each([
    ['npmUrl', 'https://user:secret@registry.example.com'],
    ['npmUrl', 'https://registry.example.com/'],
    ['githubUrl', 'https://github.example.com/api/v3'],
    ['gitlabUrl', 'ftp://gitlab.example.com'],
    ['gitlabUrl', 'gitlab.example.com'],
    ['privateHosts', 'https://10.0.0.5'],
    ['privateHosts', '10.0.0.0/8'],
    ['privateHosts', ''],
  ])('do not take pluginSources.%s=%s', (name, value) => {
    expect(problemsOf({ [`pluginSources.${name}`]: value })).toContain(`pluginSources.${name}: got `);
  });

  test('that cannot be used are all named in one error, each with what was got and what is allowed', () => {
    const message = problemsOf({
      stackName: '9lives',
      ingestionFormat: 'xml',
      allowPrivateNetworks: 'yes',
      'processEvents.batchSize': 'many',
      'processEvents.memoryMegabytes': '64',
      'processEvents.maxConcurrency': 1.5,
      'processEvents.hookTimeout': '5',
      logLevl: 'DEBUG',
    });

    expect(message.split('\n')).toHaveLength(8);
    expect(message).toContain('names: got processEvents.hookTimeout, logLevl, allowed are stackName, ');
    expect(message).toContain(
      'stackName: got "9lives", allowed is a letter, then up to 55 letters, digits and hyphens',
    );
    expect(message).toContain('ingestionFormat: got "xml", allowed is one of packed, event, celery');
    expect(message).toContain('allowPrivateNetworks: got "yes", allowed is true or false');
    expect(message).toContain('processEvents.batchSize: got "many", allowed is a whole number from 1 to 10000');
    expect(message).toContain('processEvents.memoryMegabytes: got "64", allowed is a whole number from 512 to 10240');
    expect(message).toContain('processEvents.maxConcurrency: got 1.5, allowed is a whole number from 2 to 1000');
  });

  test('under a prefix of ours are no other’s, however they are spelled', () => {
    expect(problemsOf({ 'processEvents.batch-size': '5' })).toContain('got processEvents.batch-size');
    expect(problemsOf({ processEvents: { batchSize: 5 } })).toContain('got processEvents,');
  });

  test.each(['', ' 5', '5.0', '1e3', '-1', '0x10', null, true, [5]])('do not take %j for a number', (raw) => {
    expect(problemsOf({ 'processEvents.batchSize': raw })).toContain('processEvents.batchSize: got ');
  });

  test('leave the CDK’s own context alone', () => {
    const context = { ...recommendedFlags, 'cli-telemetry': false, 'aws:cdk:bundling-stacks': ['**'] };

    expect(readSettings(context)).toEqual(readSettings({}));
  });

  test('refuse a batch of more than ten without a window, as Lambda does', () => {
    expect(problemsOf({ 'processEvents.windowSeconds': 0 })).toContain('processEvents.windowSeconds: got 0');
    expect(readSettings({ 'processEvents.windowSeconds': 0, 'processEvents.batchSize': 10 })).toBeDefined();
  });

  test('of one function are not those of another', () => {
    const settings = readSettings({ 'deliverEvents.hookTimeoutSeconds': '5' });

    expect(settings.deliverEvents).toMatchObject({ hookTimeoutSeconds: 5, windowSeconds: 10, maxReceiveCount: 10 });
    expect(settings.processEvents).toMatchObject({ hookTimeoutSeconds: 30, windowSeconds: 1, maxReceiveCount: 5 });
    expect(problemsOf({ 'deliverEvents.hookTimeoutSeconds': '300' })).toContain(
      "deliverEvents: the function's timeout",
    );
  });

  test('refuse hooks and strikes that add up to more than Lambda’s 900 s, and show the sum', () => {
    const message = problemsOf({ 'processEvents.hookTimeoutSeconds': '300' });

    expect(message).toContain('300 × (1 + 3) + 30 = 1230 s, allowed is up to 900 s');
  });
});

describe('docs/configuration.md', () => {
  const rows = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => /^\| `([^`]+)` \| `([^`]+)` \| (.+?) \| (.+) \|$/.exec(line))
    .filter((row) => row !== null)
    .map(([, name, standard, allowed, meaning]) => ({ name, standard, allowed, meaning }));

  test('lists every setting in the code’s order, with its default and what is allowed', () => {
    expect(rows.map(({ name, standard, allowed }) => ({ name, standard, allowed }))).toEqual(
      Object.entries(SETTINGS).map(([name, { standard, allowed }]) => ({ name, standard: String(standard), allowed })),
    );
  });

  test('says of every setting what it is for', () => {
    for (const { meaning } of rows) expect(meaning?.length).toBeGreaterThan(20);
  });
});
