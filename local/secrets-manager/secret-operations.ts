import { randomUUID } from 'node:crypto';
import type { Operation } from '../servers/json-server.ts';
import { ServiceError } from '../servers/json-server.ts';
import type { Secret, SecretStore, SecretVersion } from './secret-store.ts';

/** The quota of Secrets Manager. */
const MOST_BYTES = 65_536;

/** The operations of Secrets Manager that the local stack has. */
export function secretOperations(store: SecretStore): Record<string, Operation> {
  return {
    'secretsmanager.GetSecretValue': {
      members: ['SecretId', 'VersionId', 'VersionStage'],
      run({ SecretId, VersionId, VersionStage = VersionId === undefined ? 'AWSCURRENT' : undefined }) {
        const secret = store.find(String(SecretId));
        const version = secret.versions.find(
          ({ id, stages }) =>
            (VersionId === undefined || id === VersionId) &&
            (VersionStage === undefined || stages.includes(String(VersionStage))),
        );
        if (version === undefined)
          throw new ServiceError(
            'ResourceNotFoundException',
            `Secrets Manager can't find the specified secret value for ${VersionId === undefined ? `staging label: ${String(VersionStage)}` : `VersionId: ${String(VersionId)}`}`,
          );
        const { text, createdAt } = version;
        return { ...named(secret), ...versioned(version), SecretString: text, CreatedDate: seconds(createdAt) };
      },
    },
    'secretsmanager.PutSecretValue': {
      members: ['SecretId', 'SecretString', 'ClientRequestToken'],
      run({ SecretId, SecretString, ClientRequestToken = randomUUID() }) {
        if (typeof SecretString !== 'string' || SecretString === '' || Buffer.byteLength(SecretString) > MOST_BYTES)
          throw new ServiceError('InvalidParameterException', `SecretString must have 1 to ${MOST_BYTES} bytes.`);
        const version = store.put(String(SecretId), SecretString, String(ClientRequestToken));
        return { ...named(store.find(String(SecretId))), ...versioned(version) };
      },
    },
    'secretsmanager.DescribeSecret': {
      members: ['SecretId'],
      run({ SecretId }) {
        const secret = store.find(String(SecretId));
        const { description, createdAt, versions } = secret;
        const staged = versions.filter(({ stages }) => stages.length > 0);
        return {
          ...named(secret),
          ...(description === undefined ? {} : { Description: description }),
          CreatedDate: seconds(createdAt),
          LastChangedDate: seconds(Math.max(...versions.map((version) => version.createdAt))),
          VersionIdsToStages: Object.fromEntries(staged.map(({ id, stages }) => [id, stages])),
        };
      },
    },
  };
}

function named({ arn, name }: Secret) {
  return { ARN: arn, Name: name };
}

function versioned({ id, stages }: SecretVersion) {
  return { VersionId: id, VersionStages: stages };
}

/** The protocol has times in seconds. */
function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
