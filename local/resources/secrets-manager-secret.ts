import { randomUUID } from 'node:crypto';
import { type GenerateSecretString, generateSecret } from '../secrets-manager/generate-secret.ts';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

const generated = { honoured: 'which letters the password has' };

export const secretsManagerSecret: ResourceType = {
  type: 'AWS::SecretsManager::Secret',
  properties: {
    Name: { honoured: 'the name of the secret' },
    Description: { honoured: 'shown by DescribeSecret' },
    GenerateSecretString: {
      honoured: 'the text is made up when the secret is made, and stays',
      of: {
        PasswordLength: { honoured: 'how many letters the password has; 32 when it is not given' },
        ExcludeCharacters: generated,
        ExcludeLowercase: generated,
        ExcludeUppercase: generated,
        ExcludeNumbers: generated,
        ExcludePunctuation: generated,
        IncludeSpace: generated,
        RequireEachIncludedType: generated,
        SecretStringTemplate: { honoured: 'the JSON object that the password is put into' },
        GenerateStringKey: { honoured: 'the key under which it is put there' },
      },
    },
    KmsKeyId: { accepted: 'nothing is encrypted on this machine' },
    Tags: { accepted: 'nothing reads tags here' },
  },

  create(resource, world) {
    const { secrets, clock, region, accountId } = world;
    const { logicalId, properties } = resource;
    const name = String(properties['Name'] ?? physicalName(resource, world));
    const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-local0`;
    const rules = properties['GenerateSecretString'] as GenerateSecretString | undefined;
    if (rules === undefined)
      throw new Error(`${logicalId}: the local stack makes no secret without GenerateSecretString`);
    if (!secrets.has(name)) {
      const description = properties['Description'];
      const details = description === undefined ? {} : { description: String(description) };
      secrets.create({ arn, name, createdAt: clock.now(), ...details }, generateSecret(rules), randomUUID());
    }
    return { ref: arn, attributes: { Id: arn } };
  },
};
