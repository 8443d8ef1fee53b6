import { clientConfiguration } from './clients.ts';

export interface SecretReaderOptions {
  /** ARN or name. */
  secretId: string;
  /** Of a server that stands in for Secrets Manager; AWS itself when there is none. */
  endpoint?: string | undefined;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** A secret is read before plugins are set up, while events wait: five attempts take 15 s, where the usual ten would take 50. */
const REQUEST_TIMEOUT_SECONDS = 3;

/**
 * Reads the current text of a secret. The client is loaded with the first call: a process that needs no secret does not pay for it.
 *
 * @throws an error that names the secret; its cause is Secrets Manager's.
 */
export function createSecretReader({ secretId, endpoint, ...options }: SecretReaderOptions): () => Promise<string> {
  const connect = async () => {
    const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
    const client = new SecretsManagerClient({
      ...clientConfiguration({ ...options, requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS }),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    return () => client.send(new GetSecretValueCommand({ SecretId: secretId }));
  };
  let connected: ReturnType<typeof connect> | undefined;
  return async () => {
    try {
      connected ??= connect();
      const { SecretString } = await (await connected)();
      if (SecretString === undefined) throw new Error('it has no text');
      return SecretString;
    } catch (cause) {
      const { name, message } = cause as Error;
      throw new Error(`Cannot read the secret ${secretId}: ${name}: ${message}`, { cause });
    }
  };
}
