import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientConfiguration } from './clients.ts';

export interface SecretReaderOptions {
  /** ARN or name. */
  secretId: string;
  /** Of a server that stands in for Secrets Manager; AWS itself when there is none. */
  endpoint?: string | undefined;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/**
 * Reads the current text of a secret. The client is made with the first call: a process that needs no secret does not pay for it.
 *
 * @throws an error that names the secret; its cause is Secrets Manager's.
 */
export function createSecretReader({ secretId, endpoint, ...options }: SecretReaderOptions): () => Promise<string> {
  let client: SecretsManagerClient | undefined;
  return async () => {
    client ??= new SecretsManagerClient({
      ...clientConfiguration('secretsmanager', options),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
      if (SecretString === undefined) throw new Error('it has no text');
      return SecretString;
    } catch (cause) {
      const { name, message } = cause as Error;
      throw new Error(`Cannot read the secret ${secretId}: ${name}: ${message}`, { cause });
    }
  };
}
