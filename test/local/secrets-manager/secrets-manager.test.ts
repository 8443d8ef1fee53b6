import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, test } from 'vitest';
import { type GenerateSecretString, generateSecret } from '../../../local/secrets-manager/generate-secret.ts';
import { startLocalStack } from '../../../local/start-local-stack.ts';
import { createSecretReader } from '../../../shared/aws/secret-value.ts';
import { temporaryDirectory } from '../../support/local-stack.ts';
import { writeAssembly } from '../fixture-assembly.ts';

const SECRET = {
  Type: 'AWS::SecretsManager::Secret',
  Properties: {
    Description: 'A key',
    GenerateSecretString: {
      SecretStringTemplate: '{"current":"k1"}',
      GenerateStringKey: 'k1',
      PasswordLength: 64,
      ExcludePunctuation: true,
    },
  },
};

/** Starts a stack with one secret, and a client for it. */
async function stackWithSecret(path: string) {
  const assemblyDirectory = await writeAssembly(`${path}/out`, {
    handlers: {},
    resources: { Key: SECRET },
    outputs: { Arn: { Value: { Ref: 'Key' } } },
  });
  const stack = await startLocalStack({ assemblyDirectory, stateDirectory: `${path}/state` });
  const { region, credentials } = stack;
  const client = new SecretsManagerClient({ region, credentials, endpoint: stack.endpoints.secretsmanager });
  const SecretId = stack.outputs['Arn'] as string;
  return {
    stack,
    client,
    SecretId,
    read: async () => (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '',
    async [Symbol.asyncDispose]() {
      client.destroy();
      await stack.stop();
    },
  };
}

describe('a secret of the local stack', () => {
  it('is made up as the template says, once, and is there again after a restart', async () => {
    await using directory = await temporaryDirectory();
    const texts: string[] = [];

    for (let start = 0; start < 2; start++) {
      await using own = await stackWithSecret(directory.path);
      expect(own.SecretId).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:/);
      texts.push(await own.read());
    }

    expect(JSON.parse(texts[0] ?? '')).toEqual({ current: 'k1', k1: expect.stringMatching(/^[0-9A-Za-z]{64}$/) });
    expect(texts[1]).toBe(texts[0]);
  });

  it('can be given another text; the one before can be read for as long as it is the previous one', async () => {
    await using directory = await temporaryDirectory();
    {
      await using own = await stackWithSecret(directory.path);
      const { client, SecretId } = own;
      const first = await client.send(new GetSecretValueCommand({ SecretId }));
      const put = (SecretString: string, ClientRequestToken: string) =>
        client.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken }));

      const second = await put('second', 'a'.repeat(32));
      expect(await put('second', 'a'.repeat(32))).toMatchObject({ VersionId: second.VersionId });
      await expect(put('other', 'a'.repeat(32))).rejects.toMatchObject({ name: 'ResourceExistsException' });

      const previous = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSPREVIOUS' }));
      expect([previous.SecretString, await own.read()]).toEqual([first.SecretString, 'second']);
      expect(await client.send(new DescribeSecretCommand({ SecretId }))).toMatchObject({
        ARN: SecretId,
        Description: 'A key',
        VersionIdsToStages: { [first.VersionId ?? '']: ['AWSPREVIOUS'], [second.VersionId ?? '']: ['AWSCURRENT'] },
      });
    }
    await using again = await stackWithSecret(directory.path);

    expect(await again.read()).toBe('second');
  });

  it('is read by the project’s own reader; one that is not there is an error that names it', async () => {
    await using directory = await temporaryDirectory();
    await using own = await stackWithSecret(directory.path);
    const { endpoints, region, credentials } = own.stack;
    const readerOf = (secretId: string) =>
      createSecretReader({ secretId, endpoint: endpoints.secretsmanager, region, credentials });

    expect(await readerOf(own.SecretId)()).toBe(await own.read());
    await expect(readerOf('missing')()).rejects.toThrow(
      "Cannot read the secret missing: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
  });

  it('must say how it is made up', async () => {
    await using directory = await temporaryDirectory();
    const resources = { Key: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'x' } } };
    const assemblyDirectory = await writeAssembly(`${directory.path}/out`, { handlers: {}, resources, outputs: {} });

    await expect(startLocalStack({ assemblyDirectory })).rejects.toThrow('property SecretString is not honoured');
  });
});

describe('a text that is made up', () => {
  test.each<[string, GenerateSecretString, RegExp]>([
    ['32 letters of each kind, when nothing is said', {}, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s])\S{32}$/],
    [
      'only what is left',
      { ExcludeLowercase: true, ExcludeUppercase: 'true', ExcludePunctuation: true, PasswordLength: '12' },
      /^\d{12}$/,
    ],
    ['no letter that is excluded', { ExcludeCharacters: 'abc"\\', PasswordLength: 400 }, /^[^abc"\\]{400}$/],
    [
      'blanks, when they are asked for',
      {
        ExcludeLowercase: true,
        ExcludeUppercase: true,
        ExcludeNumbers: true,
        ExcludePunctuation: true,
        IncludeSpace: true,
      },
      /^ {32}$/,
    ],
  ])('has %s', (_, rules, form) => {
    expect(generateSecret(rules)).toMatch(form);
    expect(generateSecret({ ...rules, RequireEachIncludedType: false })).toHaveLength(
      Number(rules.PasswordLength ?? 32),
    );
  });

  test.each<[string, GenerateSecretString]>([
    [
      'no letters are left',
      { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true },
    ],
    ['there is no room for each kind', { PasswordLength: 3 }],
    ['a template has no key', { SecretStringTemplate: '{}' }],
  ])('is an error when %s', (_, rules) => {
    expect(() => generateSecret(rules)).toThrow('GenerateSecretString');
  });
});
